import { createServer, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { type RequestIdOptions, requestId } from '@request-context/express';
import express from 'express';
import morgan1 from 'morgan';
import morgan110 from 'morgan110';
import { describe, expect, it } from 'vitest';
import { listen, send, uuid } from '../../../tests/kit/http.ts';
import { requestIdToken } from '../src/morgan.ts';
import { until } from './support/until.ts';

describe.each([
  ['morgan 1.10', morgan110 as typeof morgan1],
  ['morgan', morgan1],
])('%s', (_name, morgan) => {
  /** Starts a server with morgan at a place. Returns its URL and the lines that it logs. */
  async function start(
    place: 'before' | 'after' | 'without',
    {
      immediate = false,
      setUp,
      ...options
    }: RequestIdOptions & {
      immediate?: boolean;
      setUp?: (req: IncomingMessage & { id?: unknown }) => void;
    } = {},
  ): Promise<{ url: string; lines: string[] }> {
    const lines: string[] = [];
    requestIdToken(morgan);
    const log = morgan(':request-id :url :status', {
      immediate,
      stream: { write: (line) => void lines.push(line) },
    });
    const app = express();
    app.use((req, _res, next) => {
      setUp?.(req);
      next();
    });
    if (place !== 'after') app.use(log);
    if (place !== 'without') app.use(requestId(options));
    if (place === 'after') app.use(log);
    app.get('/hang', (_req, res) => void res.write('hanging'));
    app.get('/throw', () => {
      throw new Error('on purpose');
    });
    app.get('/', (_req, res) => void res.send('hello'));
    return { url: await listen(createServer(app)), lines };
  }

  it.each(['before', 'after'] as const)(
    'log the id at the end of each response, mounted %s the middleware',
    async (place) => {
      const { url, lines } = await start(place);
      await send(url, { id: 'myid' });
      await send(`${url}/throw`, { id: 'thrown' });
      await send(`${url}/none`, { id: 'missing' });
      const { id } = await send(url, { id: '"' });
      expect(id).toMatch(uuid);
      await until(() => lines.length === 4);
      expect(lines).toEqual([
        'myid / 200\n',
        'thrown /throw 500\n',
        'missing /none 404\n',
        `${id} / 200\n`,
      ]);
    },
  );

  it.each(['before', 'after'] as const)(
    'log the id of a client that leaves, mounted %s the middleware',
    async (place) => {
      const { url, lines } = await start(place);
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      socket.write('GET /hang HTTP/1.1\r\nHost: x\r\nX-Request-ID: left\r\n\r\n');
      socket.once('data', () => socket.resetAndDestroy());
      await until(() => lines.length === 1);
      expect(lines).toEqual([expect.stringMatching(/^left \/hang /)]);
    },
  );

  it.each(['before', 'after'] as const)(
    'keep pipelined requests apart, mounted %s the middleware',
    async (place) => {
      const { url, lines } = await start(place);
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      const ids = Array.from({ length: 50 }, (_, n) => `id-${n}`);
      socket.end(
        ids.map((id) => `GET /?${id} HTTP/1.1\r\nHost: x\r\nX-Request-ID: ${id}\r\n\r\n`).join(''),
      );
      socket.resume();
      await until(() => lines.length === 50);
      expect(lines).toEqual(ids.map((id) => `${id} /?${id} 200\n`));
    },
  );

  it('log the id after the middleware and - before it, with `immediate`', async () => {
    for (const [place, line] of [
      ['before', '- / -\n'],
      ['after', 'myid / -\n'],
    ] as const) {
      const { url, lines } = await start(place, { immediate: true });
      await send(url, { id: 'myid' });
      expect(lines).toEqual([line]);
    }
  });

  it('log - without the middleware, or the req.id that others set', async () => {
    const { url, lines } = await start('without', {
      setUp(req) {
        if (req.url === '/?other') req.id = 'other id';
      },
    });
    await send(url, { id: 'myid' });
    await send(`${url}/?other`);
    await until(() => lines.length === 2);
    expect(lines).toEqual(['- / 200\n', 'other%20id /?other 200\n']);
  });

  it.each<[string, PropertyDescriptor]>([
    ['null', { value: null }],
    ['undefined', { value: undefined }],
    ['a method, as in restify', { value: () => 'its id' }],
    [
      'a getter that throws',
      {
        get() {
          throw new Error('hostile');
        },
      },
    ],
  ])('log - where req.id is %s', async (_what, id) => {
    const { url, lines } = await start('without', {
      setUp: (req) => void Object.defineProperty(req, 'id', id),
    });
    await send(url);
    await until(() => lines.length === 1);
    expect(lines).toEqual(['- / 200\n']);
  });

  it('escape what could forge a line, where `validate` allows it', async () => {
    const { url, lines } = await start('after', { validate: () => true });
    await send(url, { id: 'x / 200 forged "' });
    await until(() => lines.length === 1);
    expect(lines).toEqual(['x%20/%20200%20forged%20%22 / 200\n']);
  });
});

it.each([undefined, {}, 'morgan'])('throw when given %o for morgan', (morgan) => {
  expect(() => requestIdToken(morgan as typeof morgan1)).toThrow(/requestIdToken\(morgan\)/);
});
