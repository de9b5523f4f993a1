import { createServer } from 'node:http';
import { requestId as expressRequestId } from '@request-context/express';
import { requestId as fastifyRequestId } from '@request-context/fastify';
import { requestId as koaRequestId } from '@request-context/koa';
import express, { type ErrorRequestHandler } from 'express';
import { fastify } from 'fastify';
import Koa from 'koa';
import morgan from 'morgan';
import pino from 'pino';
import { pinoHttp } from 'pino-http';
import { expect, it, onTestFinished } from 'vitest';
import winston from 'winston';
import { listen } from '../../../tests/kit/http.ts';
import { requestIdToken } from '../src/morgan.ts';
import { requestContextMixin } from '../src/pino.ts';
import { requestContextFormat } from '../src/winston.ts';
import { type Entry, flood, handle, type Log, lineOf, sentId } from './support/flood.ts';
import { keep, type Line, message } from './support/keep.ts';
import { until } from './support/until.ts';

/** A logger, and what it has written. */
interface Logging {
  log: Log;
  entries: Entry[];
}

function pinoLogging(): Logging & { stream: pino.DestinationStream } {
  const entries: Entry[] = [];
  const stream = { write: (line: string) => void entries.push(JSON.parse(line)) };
  const logger = pino({ mixin: requestContextMixin(), messageKey: 'message' }, stream);
  return { log: (message, fields) => logger.info(fields, message), entries, stream };
}

/** Returns a logger whose transport is always behind, so that nearly all lines are queued. */
function winstonLogging(level: 'logger' | 'transport'): Logging {
  const { combine, json } = winston.format;
  const entries: Entry[] = [];
  const format = combine(requestContextFormat(), json());
  const lines = { push: (line: Line) => entries.push(JSON.parse(String(line[message]))) };
  const transport = keep(lines, { isSlow: true, ...(level === 'transport' ? { format } : {}) });
  const logger = winston.createLogger({
    format: level === 'logger' ? format : json(),
    transports: transport,
  });
  return { log: (message, fields) => logger.info(message, fields), entries };
}

/** Starts an Express application that logs by what `logOf` returns for a request. */
async function startExpress(
  logOf: (req: express.Request) => Log,
  middleware: express.RequestHandler[] = [expressRequestId()],
): Promise<string> {
  const app = express();
  app.use(middleware);
  app.get('/{*path}', async (req, res) => {
    if (await handle(req, res, logOf(req))) res.send('hello');
  });
  const handler: ErrorRequestHandler = (_error, req, res, _next) => {
    logOf(req)('error', { sent: sentId(req) });
    res.sendStatus(500);
  };
  app.use(handler);
  return listen(createServer(app));
}

async function startKoa(log: Log): Promise<string> {
  const app = new Koa();
  app.use(koaRequestId());
  app.use(async (ctx) => {
    // Koa ends a response that has begun.
    if (ctx.path === '/leaves') ctx.respond = false;
    await handle(ctx.req, ctx.res, log);
    ctx.body = 'hello';
  });
  app.on('error', (_error, ctx) => log('error', { sent: sentId(ctx.req) }));
  return listen(createServer(app.callback()));
}

/** Checks that exactly the expected lines were written: none is missing, none has a foreign id. */
async function check(
  entries: Entry[],
  expected: string[],
  isMeant: (entry: Entry) => boolean = () => true,
): Promise<void> {
  const lines = (): string[] => entries.filter(isMeant).map(lineOf).sort();
  await until(() => lines().length >= expected.length);
  expect(lines()).toEqual(expected);
}

const withExpress = (log: Log): Promise<string> => startExpress(() => log);

it.each<[string, Logging, (log: Log) => Promise<string>]>([
  ['Express with pino', pinoLogging(), withExpress],
  ['Express with winston, formatted by the logger', winstonLogging('logger'), withExpress],
  ['Express with winston, formatted by the transport', winstonLogging('transport'), withExpress],
  ['Koa with winston, formatted by the logger', winstonLogging('logger'), startKoa],
  ['Koa with winston, formatted by the transport', winstonLogging('transport'), startKoa],
])('keep the ids of 500 concurrent requests apart: %s', async (_what, logging, start) => {
  const url = await start(logging.log);
  await check(logging.entries, await flood(url));
});

it("keep the ids of 500 concurrent requests apart: Fastify's logger, its own lines included", async () => {
  const { entries, stream } = pinoLogging();
  const app = fastify({
    logger: { mixin: requestContextMixin(), messageKey: 'message', stream },
  });
  app.register(fastifyRequestId);
  app.get('*', async (request, reply) => {
    if (request.url === '/leaves') reply.hijack();
    await handle(request.raw, reply.raw, (message, fields) => request.log.info(fields, message));
    return 'hello';
  });
  app.setErrorHandler((_error, request, reply) => {
    request.log.info({ sent: sentId(request.raw) }, 'error');
    reply.status(500).send('failed');
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => app.close());
  const expected = await flood(url);

  const isOwn = ({ sent }: Entry): boolean => sent === undefined;
  const perRequest = (message: string): Entry[] =>
    entries.filter((entry) => isOwn(entry) && entry.message === message);
  await until(() => perRequest('request completed').length >= 400);
  await check(entries, expected, (entry) => !isOwn(entry));
  const ids = (found: Entry[]): unknown[] => found.map(({ requestId }) => requestId).sort();
  const all = [...new Set(expected.map((line) => line.replace(/^id (\S+),.*$/, '$1')))].sort();
  expect(ids(perRequest('incoming request'))).toEqual(all);
  expect(ids(perRequest('request completed'))).toEqual(
    all.filter((id) => !id.startsWith('leaves')),
  );
  // Fastify adds reqId from its own request.
  for (const entry of entries.filter(({ requestId }) => requestId !== undefined)) {
    expect((entry as Entry & { reqId: unknown }).reqId).toBe(entry.requestId);
  }
});

it.each(['before', 'after'] as const)(
  'keep the ids of 500 concurrent requests apart: morgan, mounted %s the middleware',
  async (place) => {
    requestIdToken(morgan);
    morgan.token('sent', (req) => sentId(req));
    const entries: Entry[] = [];
    const logger = morgan('{"requestId":":request-id","sent":":sent","message":"access"}', {
      stream: { write: (line) => void entries.push(JSON.parse(line)) },
    });
    const id = expressRequestId();
    const middleware = place === 'before' ? [logger, id] : [id, logger];
    const lines = await flood(await startExpress(() => () => {}, middleware));
    await check(entries, [...new Set(lines.map((line) => line.replace(/: .*$/, ': access')))]);
  },
);

it('keep the ids of 500 concurrent requests apart: pino-http, its line at the end included', async () => {
  const entries: Entry[] = [];
  const stream = { write: (line: string) => void entries.push(JSON.parse(line)) };
  const logger = pinoHttp(
    {
      mixin: requestContextMixin(),
      messageKey: 'message',
      customProps: (req) => ({ sent: sentId(req) }),
      customSuccessMessage: () => 'access',
      customErrorMessage: () => 'access',
    },
    stream,
  );
  const lines = await flood(
    await startExpress((req) => (message) => req.log.info(message), [expressRequestId(), logger]),
  );
  const access = new Set(lines.map((line) => line.replace(/: .*$/, ': access')));
  await check(entries, [...lines, ...access].sort());
});
