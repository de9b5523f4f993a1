import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { listen, send, uuid } from '../../../tests/kit/http.ts';
import { attach, getRequestId, requestId } from '../src/index.ts';

function hollowResponse(): Record<string, unknown> & { headers: Record<string, unknown> } {
  const headers: Record<string, unknown> = {};
  return {
    headers,
    setHeader: (name: string, value: unknown) => {
      headers[name.toLowerCase()] = value;
    },
    getHeader: (name: string) => headers[name.toLowerCase()],
    removeHeader: (name: string) => void delete headers[name.toLowerCase()],
    getHeaderNames: () => Object.keys(headers),
    writeHead() {},
    write() {},
    end() {},
  };
}

function realRequest(socket: unknown): IncomingMessage {
  const req = new IncomingMessage(socket as never);
  req.headers = { 'x-request-id': 'myid' };
  return req;
}

const nothing = undefined as never;

const odd: Record<string, () => [req: unknown, res: unknown]> = {
  'have no socket': () => [realRequest(nothing), new ServerResponse(realRequest(nothing))],
  'have null for a socket': () => [realRequest(null), new ServerResponse(realRequest(null))],
  'are plain objects': () => [{ headers: { 'x-request-id': 'myid' } }, hollowResponse()],
  'are frozen plain objects': () => [
    Object.freeze({ headers: { 'x-request-id': 'myid' } }),
    Object.freeze(hollowResponse()),
  ],
  'are frozen': () => {
    const req = realRequest(nothing);
    return [Object.freeze(req), new ServerResponse(req)];
  },
  'have a frozen response': () => {
    const req = realRequest(nothing);
    return [req, Object.freeze(new ServerResponse(req))];
  },
  'have a response that is no emitter': () => [realRequest(nothing), hollowResponse()],
  'have a response without methods': () => [realRequest(nothing), {}],
  'have no response': () => [realRequest(nothing), undefined],
  'have null for a response': () => [realRequest(nothing), null],
  'have an id that cannot be written': () => {
    const req = Object.defineProperty(realRequest(nothing), 'id', { get: () => 'fixed' });
    return [req, new ServerResponse(req)];
  },
  'have an id that throws': () => {
    const req = Object.defineProperty(realRequest(nothing), 'id', {
      get() {
        throw new Error('on purpose');
      },
      set() {
        throw new Error('on purpose');
      },
    });
    return [req, new ServerResponse(req)];
  },
  "have a `stream` that is not Node's": () => {
    const req = Object.assign(realRequest(nothing), { stream: true });
    return [req, Object.assign(new ServerResponse(req), { stream: true })];
  },
  'have a response whose head is sent': () => {
    const req = realRequest(nothing);
    const res = new ServerResponse(req);
    res.writeHead(200);
    return [req, res];
  },
};

describe.each([undefined, 'loopback'])('requestId, with trust %s', (trust) => {
  it.each(Object.keys(odd))(
    'open a scope for requests that %s, and take their peer as unknown',
    (what) => {
      const [req, res] = odd[what]?.() ?? [];
      const seen: unknown[] = [];
      requestId({ trust })(req as never, res as never, (error) => seen.push(error, getRequestId()));
      expect(seen).toEqual([undefined, trust === undefined ? 'myid' : expect.stringMatching(uuid)]);
    },
  );
});

describe.each([
  ['a Proxy', (req: IncomingMessage) => new Proxy(req, {})],
  ['an object that inherits from it', (req: IncomingMessage) => Object.create(req)],
])('a request that is passed on as %s', (_what, wrap) => {
  it('keep its id', () => {
    const req = realRequest(nothing);
    const res = new ServerResponse(req);
    const middleware = requestId();
    const seen: unknown[] = [];
    middleware(req as never, res, () => {
      seen.push(getRequestId());
      requestId({ trust: false })(wrap(req) as never, res, () => {
        seen.push(getRequestId(), res.getHeader('X-Request-ID'));
      });
    });
    expect(seen).toEqual(['myid', 'myid', 'myid']);
  });

  it('keep its id on a response whose `req` it is', () => {
    const req = realRequest(nothing);
    const res = new ServerResponse(req);
    requestId()(req as never, res, () => {
      Object.assign(res, { req: wrap(req) });
      res.removeHeader('X-Request-ID');
      res.writeHead(200);
    });
    expect(res.getHeader('X-Request-ID')).toBe('myid');
  });
});

it('get a fresh id if they have no headers', () => {
  const seen: unknown[] = [];
  requestId()({} as never, hollowResponse() as never, () => seen.push(getRequestId()));
  expect(seen).toEqual([expect.stringMatching(uuid)]);
});

it('take an id with a comma as one id where there are no raw headers', () => {
  const req = { headers: { 'x-request-id': 'a, b' } };
  const seen: unknown[] = [];
  const validate = (): boolean => true;
  requestId({ validate })(req as never, hollowResponse() as never, () => seen.push(getRequestId()));
  expect(seen).toEqual(['a, b']);
});

it("pass the id to a method `id`, which restify's requests have, and not overwrite it", () => {
  let told: string | undefined;
  function id(given?: string): string | undefined {
    if (given !== undefined && told !== undefined) throw new Error('the id is already set');
    told ??= given;
    return told;
  }
  const req = realRequest(nothing);
  Object.setPrototypeOf(req, Object.create(IncomingMessage.prototype, { id: { value: id } }));
  const seen: unknown[] = [];
  requestId()(req as never, new ServerResponse(req), () => {
    const restifys = req as unknown as { id: typeof id };
    seen.push(restifys.id(), restifys.id('other'));
  });
  expect(seen).toEqual(['myid', 'myid']);
  expect(told).toBe('myid');
});

describe('an attached server', () => {
  it.each([
    ['a request event without arguments', ['request']],
    ['a request event without a response', ['request', realRequest(nothing)]],
    ['a request event without a request', ['request', null, {}]],
    ['an upgrade without a socket', ['upgrade', realRequest(nothing)]],
    ['a CONNECT with arguments of other types', ['connect', 'a', 1]],
    ['a dropRequest event without arguments', ['dropRequest']],
    ['a clientError event without a socket', ['clientError', new Error('on purpose')]],
  ])('pass on %s, emitted by hand', (_what, emitted) => {
    const server = createServer();
    attach(server);
    const seen: unknown[] = [];
    const [event, ...given] = emitted as [string, ...unknown[]];
    server.on(event, (...args: unknown[]) => void seen.push(args));
    expect(server.emit(event, ...given)).toBe(true);
    expect(seen).toEqual([given]);
  });
});

it('respond where `res.req` has been set to something other than a request', async () => {
  const server = createServer((_req, res) => {
    Object.assign(res, { req: 'a' });
    res.end(getRequestId());
  });
  attach(server);
  expect((await send(await listen(server), { id: 'myid' })).body).toBe('myid');
});
