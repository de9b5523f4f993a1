import { createServer } from 'node:http';
import { attach } from '@request-context/node-http';
import express5, { type ErrorRequestHandler } from 'express';
import express4 from 'express4';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { listen, send, uuid } from '../../../tests/kit/http.ts';
import { context, getRequestId, requestId } from '../src/index.ts';

describe.each([
  ['Express 4', express4 as unknown as typeof express5],
  ['Express 5', express5],
])('%s', (_name, express) => {
  it('use one id for req.id, the context and the response', async () => {
    const app = express();
    app.use(requestId());
    app.get('/', (req, res) => void res.json([req.id, getRequestId(), context.get('requestId')]));
    await request(app)
      .get('/')
      .set('X-Request-ID', 'myid')
      .expect('X-Request-ID', 'myid')
      .expect(['myid', 'myid', 'myid']);
    await request(app).get('/').expect('X-Request-ID', uuid);
  });

  it('keep the first id where it is mounted again, or in a nested app', async () => {
    const inner = express();
    inner.use(requestId({ trust: false, generate: () => 'inner' }));
    inner.get('/', (req, res) => void res.json([req.id, getRequestId()]));
    const app = express();
    app.use(requestId());
    app.use(requestId({ generate: () => 'second' }));
    app.use('/inner', inner);
    const { body, headers } = await request(app).get('/inner');
    expect(body).toEqual([headers['x-request-id'], headers['x-request-id']]);
    expect(headers['x-request-id']).toMatch(uuid);
  });

  it('pass a rejection to the error handlers, inside the scope', async () => {
    const app = express();
    app.use(requestId({ onInvalid: 'reject' }));
    const handler: ErrorRequestHandler = (error, req, res, _next) => {
      res.status(error.status).json([error.code, req.id, getRequestId()]);
    };
    app.use(handler);
    const { status, body, headers } = await request(app).get('/').set('X-Request-ID', '"');
    const id = headers['x-request-id'];
    expect(status).toBe(400);
    expect(body).toEqual(['ERR_INVALID_REQUEST_ID', id, id]);
    expect(id).toMatch(uuid);
  });

  it('leave routes alone where it is not mounted', async () => {
    const app = express();
    app.use('/covered', requestId());
    app.use((_req, res) => void res.send(String(getRequestId())));
    await request(app).get('/covered').set('X-Request-ID', 'myid').expect('myid');
    const { text, headers } = await request(app).get('/').set('X-Request-ID', 'myid');
    expect(text).toBe('undefined');
    expect(headers).not.toHaveProperty('x-request-id');
  });

  it('keep the id of attach(server), which covers the middleware before it', async () => {
    const seen: unknown[] = [];
    const app = express();
    app.use((req, _res, next) => {
      seen.push(getRequestId(), req.id);
      next();
    });
    app.use(requestId({ generate: () => 'second' }));
    app.get('/', (_req, res) => void res.send(getRequestId()));
    const server = createServer(app);
    attach(server);
    const answer = await send(await listen(server));
    expect(answer.id).toMatch(uuid);
    expect([answer.body, ...seen]).toEqual([answer.id, answer.id, answer.id]);
  });
});
