import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { connect as connectHttp2, constants, createServer as createHttp2Server } from 'node:http2';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import {
  afterEach,
  beforeEach,
  describe,
  expect,
  it,
  type MockInstance,
  onTestFinished,
  vi,
} from 'vitest';
import { listen, send, sendRaw } from '../../../tests/kit/http.ts';
import { attach, getRequestId, type OnError, withRequestId } from '../src/index.ts';

let stderr: MockInstance<typeof console.error>;

beforeEach(() => {
  stderr = vi.spyOn(console, 'error').mockImplementation(() => {});
});

afterEach(() => {
  stderr.mockRestore();
});

function fail(): never {
  throw new Error('on purpose');
}

describe('a response that fails half-way', () => {
  it('reset an HTTP/2 stream with an error code', async () => {
    const server = createHttp2Server(
      withRequestId(async (_req, res) => {
        res.write('half of the resp');
        await sleep(20);
        fail();
      }) as never,
    );
    const session = connectHttp2(await listen(server));
    onTestFinished(() => session.destroy());
    const stream = session.request({ ':path': '/' });
    stream.resume();
    const error = await new Promise((resolve) => stream.once('error', resolve));
    expect(error).toMatchObject({ code: 'ERR_HTTP2_STREAM_ERROR' });
    expect(stream.rstCode).toBe(constants.NGHTTP2_INTERNAL_ERROR);
  });

  it('cut off the connection in its turn, and leave the responses before it whole', async () => {
    const listener: RequestListener = async (req, res) => {
      if (req.url === '/1') {
        await sleep(30);
        res.end('one');
        return;
      }
      res.write('partial');
      fail();
    };
    const url = await listen(createServer(withRequestId(listener as never)));
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    let received = '';
    socket.setEncoding('latin1').on('data', (chunk) => {
      received += chunk;
    });
    socket.on('error', () => {});
    socket.write(
      ['/1', '/2', '/3'].map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''),
    );
    await new Promise((resolve) => socket.once('close', resolve));
    expect(received).toContain('\r\n\r\none');
    expect(received).not.toContain('0\r\n\r\n');
  });

  it('reset a connection whose end would end the response', async () => {
    const listener: RequestListener = async (_req, res) => {
      res.write('half');
      await sleep(20);
      fail();
    };
    const url = await listen(createServer(withRequestId(listener as never)));
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('GET / HTTP/1.0\r\n\r\n');
    socket.resume();
    const error = await new Promise((resolve) => {
      socket.once('error', resolve);
      socket.once('end', () => resolve('a clean end'));
    });
    expect(error).toMatchObject({ code: 'ECONNRESET' });
  });

  it("cut off the connection when its `stream` is not Node's", async () => {
    const listener = withRequestId(async (_req, res) => {
      Object.assign(res, { stream: Readable.from(['a']) }).write('half of the resp');
      await sleep(20);
      fail();
    });
    await expect(send(await listen(createServer(listener)))).rejects.toThrow();
  });

  it('stay whole when the listener fails after ending it', async () => {
    const size = 20_000_000;
    const listener = withRequestId(async (_req, res) => {
      res.setHeader('Content-Length', size);
      res.end(Buffer.alloc(size, 'a'));
      await null;
      fail();
    });
    const answer = await send(await listen(createServer(listener)), { id: 'myid' });
    expect(answer.body.length).toBe(size);
    expect(stderr).toHaveBeenCalledOnce();
  });
});

it('discard the reason phrase and the encoding that a failed handler has set', async () => {
  const server = createServer(
    withRequestId((_req, res) => {
      res.statusCode = 201;
      res.statusMessage = 'Made';
      res.setHeader('Content-Encoding', 'gzip');
      fail();
    }),
  );
  const received = await sendRaw(
    await listen(server),
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  );
  expect(received).toMatch(/^HTTP\/1\.1 500 Internal Server Error\r\n/);
  expect(received.toLowerCase()).not.toContain('content-encoding');
});

describe.each([
  [
    'withRequestId',
    (onError?: OnError<IncomingMessage>) => createServer(withRequestId(fail, { onError })),
  ],
  [
    'attach',
    (onError?: OnError<IncomingMessage>) => {
      const server = createServer((_req, res) => res.end());
      attach(server, { values: fail, onError });
      return server;
    },
  ],
])('errors behind %s', (_name, create) => {
  it('go to stderr by default, in one line with the id', async () => {
    await send(await listen(create()), { id: 'myid' });
    expect(stderr).toHaveBeenCalledExactlyOnceWith(
      expect.stringMatching(/^Request myid failed: Error: on purpose[^\n]*$/),
    );
  });

  it('go to onError with the id and the request, in the scope', async () => {
    const told: unknown[] = [];
    const url = await listen(
      create((error, { requestId, req }) => {
        told.push((error as Error).message, requestId, req.url, getRequestId());
      }),
    );
    expect(await send(`${url}/path`, { id: 'myid' })).toMatchObject({ status: 500, id: 'myid' });
    expect(told).toEqual(['on purpose', 'myid', '/path', 'myid']);
    expect(stderr).not.toHaveBeenCalled();
  });

  it.each([
    ['throws', () => fail()],
    ['rejects', async () => fail()],
  ])('go to stderr when onError %s', async (_what, onError) => {
    const { status } = await send(await listen(create(onError)), { id: 'myid' });
    expect(status).toBe(500);
    await vi.waitFor(() => expect(stderr).toHaveBeenCalledTimes(2));
  });
});

it('reject an onError that is not a function', () => {
  for (const set of [
    () => withRequestId(fail, { onError: 'stderr' as never }),
    () => attach(createServer(), { onError: 1 as never }),
  ]) {
    expect(set).toThrow(/Option `onError` must be a function/);
  }
});

it('keep an error message from forging a line', async () => {
  const listener = withRequestId(() => {
    throw new Error('a\nRequest other failed: forged\r\u001b[31m');
  });
  await send(await listen(createServer(listener)), { id: 'myid' });
  expect(String(stderr.mock.calls[0]?.[0])).not.toMatch(/\p{Cc}/u);
});

describe('an error that cannot be read', () => {
  function unreadable(property: PropertyKey, value: unknown = new Error('a')): unknown {
    return Object.defineProperty(value, property, { get: fail });
  }
  function revoked(): unknown {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  }

  it.each([
    ['a stack getter that throws', () => unreadable('stack')],
    ['a status getter that throws', () => unreadable('status')],
    ['a getter for inspect.custom that throws', () => unreadable(inspect.custom, {})],
    ['a revoked Proxy', revoked],
    [
      'a message that is not a string',
      () => Object.assign(new Error(), { message: 5n, status: 400 }),
    ],
  ])('lead to a 500 and be reported: %s', async (_what, create) => {
    const listener = withRequestId(async () => Promise.reject(create()));
    const { status, id } = await send(await listen(createServer(listener)), { id: 'myid' });
    expect([status, id]).toEqual([500, 'myid']);
    expect(stderr).toHaveBeenCalledExactlyOnceWith(expect.stringMatching(/^Request myid failed: /));
  });

  it('be reported when onError rejects with it', async () => {
    const listener = withRequestId(fail, { onError: async () => Promise.reject(revoked()) });
    await send(await listen(createServer(listener)), { id: 'myid' });
    await vi.waitFor(() => expect(stderr).toHaveBeenCalledTimes(2));
  });
});

it('respond to a request that failed, even if console.error throws', async () => {
  stderr.mockImplementation(fail);
  const { status } = await send(await listen(createServer(withRequestId(fail))), { id: 'myid' });
  expect(status).toBe(500);
});

it('send the message and the status of an exposed error, even unusual ones', async () => {
  const error = Object.assign(new Error(), { message: 5n, status: 499, expose: true });
  const listener = withRequestId(async () => Promise.reject(error));
  const { status, body } = await send(await listen(createServer(listener)), { id: 'myid' });
  expect([status, JSON.parse(String(body))]).toEqual([499, { status: 499, detail: '5' }]);
});

it('keep the line for a huge error short', async () => {
  const listener = withRequestId(() => {
    throw new Error('a'.repeat(1_000_000));
  });
  await send(await listen(createServer(listener)), { id: 'myid' });
  expect(String(stderr.mock.calls[0]?.[0]).length).toBeLessThan(20_000);
});
