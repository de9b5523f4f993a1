import { EventEmitter } from 'node:events';
import {
  createServer,
  IncomingMessage,
  type RequestListener,
  Server,
  ServerResponse,
} from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { listen, send } from '../../../tests/kit/http.ts';
import { watchNode } from '../../../tests/kit/watch-node.js';
import { wrapCall } from '../../../tests/kit/wrap-call.js';
import { attach, getRequestId, requestId, withRequestId } from '../src/index.ts';

/** Returns what listeners see when others emit after the response, and the id of a response whose header was removed. */
async function visit(
  toServer: (listener: RequestListener) => Server,
): Promise<{ seen: unknown[]; id: string }> {
  const seen: unknown[] = [];
  let exchange: EventEmitter[] = [];
  const server = toServer((req, res) => {
    exchange = [req, res];
    for (const emitter of exchange) emitter.on('custom', () => seen.push(getRequestId()));
    res.removeHeader('X-Request-ID');
    res.end();
  });
  const { id } = await send(await listen(server), { id: 'myid' });
  for (const emitter of exchange) emitter.emit('custom');
  return { seen, id };
}

const right = { seen: ['myid', 'myid'], id: 'myid' };

type ToServer = (listener: RequestListener, prepare?: (server: Server) => void) => Server;

const ways: [string, ToServer][] = [
  [
    'withRequestId',
    (listener, prepare) => prepared(createServer(withRequestId(listener)), prepare),
  ],
  ['attach', attached],
  [
    'a middleware',
    (listener, prepare) => {
      const middleware = requestId();
      return prepared(
        createServer((req, res) => middleware(req, res, () => listener(req, res as never))),
        prepare,
      );
    },
  ],
];

function attached(listener: RequestListener, prepare?: (server: Server) => void): Server {
  const server = prepared(createServer(listener), prepare);
  attach(server);
  return server;
}

function prepared(server: Server, prepare?: (server: Server) => void): Server {
  prepare?.(server);
  return server;
}

describe("Node's shared prototypes", () => {
  it.each(ways)('stay unchanged by %s', async (_name, toServer) => {
    const changes = watchNode();
    expect(await visit(toServer)).toEqual(right);
    expect(changes()).toEqual([]);
  });
});

const wrapped: [string, object, string][] = [
  ['ServerResponse.prototype.emit', ServerResponse.prototype, 'emit'],
  ['ServerResponse.prototype.writeHead', ServerResponse.prototype, 'writeHead'],
  ['IncomingMessage.prototype.emit', IncomingMessage.prototype, 'emit'],
  ['Server.prototype.emit', Server.prototype, 'emit'],
  ['EventEmitter.prototype.emit', EventEmitter.prototype, 'emit'],
];

describe('a tracer', () => {
  const undo: (() => void)[] = [];
  afterEach(() => {
    for (const restore of undo.splice(0).reverse()) restore();
  });

  function wrap(object: object, name: string, how: string): unknown[] {
    const seen: unknown[] = [];
    const before = Object.getOwnPropertyDescriptor(object, name);
    const replacement = wrapCall[how]?.(Reflect.get(object, name), (_self, [what]) => {
      if (typeof what !== 'symbol') seen.push(what);
    });
    Object.defineProperty(object, name, {
      configurable: true,
      writable: true,
      value: replacement,
    });
    undo.push(() => {
      if (before) Object.defineProperty(object, name, before);
      else Reflect.deleteProperty(object, name);
    });
    return seen;
  }

  const cases = Object.keys(wrapCall).flatMap((how) =>
    wrapped.flatMap(([target, object, name]) =>
      ways.map(([way, toServer]) => ({ how, target, object, name, way, toServer })),
    ),
  );

  it.each(cases)(
    'see the same calls of $target as on a bare server, by the wrapper $how, behind $way',
    async ({ how, object, name, toServer }) => {
      const whatIsSeen = async (create: ToServer, isLate: boolean) => {
        const server = create((_req, res) => res.writeHead(200).end('ok'));
        let seen = isLate ? [] : wrap(object, name, how);
        const url = await listen(server);
        await send(url);
        if (isLate) seen = wrap(object, name, how);
        else seen.length = 0;
        await send(url, { method: 'POST', body: 'body' });
        await vi.waitFor(async () => {
          const count = await new Promise((resolve) => {
            server.getConnections((_error, connections) => resolve(connections));
          });
          expect(count).toBe(0);
        });
        for (const restore of undo.splice(0).reverse()) restore();
        return seen.map(String).sort();
      };
      for (const isLate of [false, true]) {
        const bare = await whatIsSeen((listener) => createServer(listener), isLate);
        expect(bare).not.toEqual([]);
        expect(await whatIsSeen(toServer, isLate)).toEqual(bare);
      }
    },
  );
});

describe("where Node's internals are not the known ones", () => {
  const breakages: Record<string, (server: Server) => void> = {
    'the server has no classes under symbols': (server) => {
      for (const key of classKeys(server)) {
        const Class = Reflect.get(server, key);
        Reflect.deleteProperty(server, key);
        // Node still finds it.
        Object.setPrototypeOf(
          server,
          Object.create(Object.getPrototypeOf(server), {
            [key]: { value: Class },
          }),
        );
      }
    },
    'the classes cannot be replaced': (server) => {
      for (const key of classKeys(server)) {
        Object.defineProperty(server, key, { writable: false, configurable: false });
      }
    },
    'the classes cannot be extended': (server) => {
      for (const key of classKeys(server)) {
        const Class = Reflect.get(server, key) as new (...args: unknown[]) => object;
        Reflect.set(
          server,
          key,
          new Proxy(Class, {
            get: (target, name) => (name === 'prototype' ? undefined : Reflect.get(target, name)),
            construct: (target, args) => new target(...args),
          }),
        );
      }
    },
  };

  function classKeys(server: Server): symbol[] {
    const keys = Object.getOwnPropertySymbols(server).filter(({ description = '' }) =>
      ['IncomingMessage', 'ServerResponse'].includes(description),
    );
    expect(keys.length).toBe(2);
    return keys;
  }

  it.each(Object.keys(breakages).flatMap((what) => ways.map((way) => [what, ...way] as const)))(
    'bind requests one by one when %s, behind %s',
    async (what, _way, toServer) => {
      for (let time = 0; time < 2; time += 1) {
        const seen = await visit((listener) => toServer(listener, breakages[what]));
        expect(seen).toEqual(right);
      }
    },
  );
});

describe('classes of the application', () => {
  it('be extended, and called as before', async () => {
    const made: unknown[] = [];
    class AppRequest extends IncomingMessage {
      greet(): string {
        return `hello ${getRequestId()}`;
      }
    }
    class AppResponse extends ServerResponse<AppRequest> {
      override writeHead(...args: never[]): this {
        made.push(args[0]);
        return Reflect.apply(super.writeHead, this, args) as this;
      }
    }
    const server = createServer(
      { IncomingMessage: AppRequest, ServerResponse: AppResponse },
      withRequestId((req: AppRequest, res: AppResponse) => {
        expect(req).toBeInstanceOf(AppRequest);
        expect(res).toBeInstanceOf(AppResponse);
        expect(req.constructor).toBe(AppRequest);
        res.removeHeader('X-Request-ID');
        res.end(req.greet());
      }) as never,
    );
    const url = await listen(server as never);
    for (const id of ['one', 'two']) {
      expect(await send(url, { id })).toMatchObject({ id, body: `hello ${id}` });
    }
    expect(made).toEqual([200, 200]);
  });

  it('keep a `res` that they define', async () => {
    class WithRes extends IncomingMessage {
      get res(): string {
        return 'own';
      }
    }
    const server = createServer({ IncomingMessage: WithRes }, (req, res) => void res.end(req.res));
    attach(server);
    expect((await send(await listen(server))).body).toBe('own');
  });

  it('work when set on the server later', async () => {
    class Later extends IncomingMessage {}
    const server = attached((req, res) => {
      res.removeHeader('X-Request-ID');
      res.end(`${req instanceof Later} ${getRequestId()}`);
    });
    const url = await listen(server);
    await send(url);
    const key = Object.getOwnPropertySymbols(server).find(
      ({ description }) => description === 'IncomingMessage',
    );
    Reflect.set(server, key as symbol, Later);
    expect(await send(url, { id: 'myid' })).toMatchObject({ id: 'myid', body: 'true myid' });
  });
});

it('emit the events of a request without a scope outside any scope', async () => {
  const seen: unknown[] = [];
  const listener = withRequestId((_req, res) => {
    entered.push(getRequestId());
    other?.emit('custom');
    res.end();
  });
  const entered: unknown[] = [];
  let other: IncomingMessage | undefined;
  const server = createServer((req, res) => {
    if (req.url === '/entered') return listener(req, res);
    // The server has its subclasses by now: this request is an instance of one, and has no scope.
    other = req;
    req.on('custom', () => seen.push(getRequestId()));
    res.end();
  });
  const url = await listen(server);
  await send(`${url}/entered`, { id: 'one' });
  await send(`${url}/other`, { id: 'two' });
  await send(`${url}/entered`, { id: 'three' });
  expect(entered).toEqual(['one', 'three']);
  expect(seen).toEqual([undefined]);
});
