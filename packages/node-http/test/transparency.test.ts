import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { describe, expect, it } from 'vitest';
import { listen, send } from '../../../tests/kit/http.ts';
import { attach, getRequestId, withRequestId } from '../src/index.ts';

/** Returns what a handler can find out about an object. */
function describeObject(object: IncomingMessage | ServerResponse): object {
  const events = object.eventNames().map((event) => [event, object.listenerCount(event)]);
  return {
    own: Object.keys(object),
    hidden: Object.getOwnPropertyNames(object),
    symbols: Object.getOwnPropertySymbols(object).map(String),
    events,
    json: Object.keys({ ...object }),
  };
}

/** Returns what the handler of a server finds out about req and res. */
async function observe(
  wrap: (listener: RequestListener) => RequestListener,
  then?: (s: never) => void,
) {
  let seen: object[] = [];
  const server = createServer(
    wrap((req, res) => {
      seen = [describeObject(req), describeObject(res)];
      res.end();
    }),
  );
  then?.(server as never);
  await send(await listen(server));
  return seen;
}

describe('req and res', () => {
  it.each([
    ['withRequestId', (listener: RequestListener) => withRequestId(listener), undefined],
    ['attach', (listener: RequestListener) => listener, attach],
  ] as const)('look as Node made them but for req.id, behind %s', async (_name, wrap, then) => {
    const bare = await observe((listener) => listener);
    const seen = await observe(wrap, then);
    const withoutId = JSON.parse(
      JSON.stringify(seen, (_key, value: unknown) =>
        Array.isArray(value) ? value.filter((item) => item !== 'id') : value,
      ),
    );
    expect(withoutId).toEqual(JSON.parse(JSON.stringify(bare)));
    expect(Object.keys(seen[0] as object)).toEqual(Object.keys(bare[0] as object));
  });
});

/** Runs a check in a handler. Throws what the check throws. */
async function inHandler(
  check: (req: IncomingMessage, res: ServerResponse) => void,
): Promise<void> {
  let failure: unknown;
  const server = createServer(
    withRequestId((req, res) => {
      try {
        check(req, res);
      } catch (error) {
        failure = error;
      }
      res.end();
    }),
  );
  await send(await listen(server), { id: 'myid' });
  if (failure !== undefined) throw failure;
}

describe('listeners of req and res', () => {
  it('be announced by newListener and removeListener as on a bare server', async () => {
    const observeEvents = async (wrap: (listener: RequestListener) => RequestListener) => {
      let told: unknown[] = [];
      const listener = (): void => {};
      const server = createServer(
        wrap((req, res) => {
          const events: unknown[] = [];
          req.on('newListener', (event, added) => events.push(event, added === listener));
          req.on('removeListener', (event, removed) => events.push(event, removed === listener));
          req.on('custom', listener);
          req.on('custom', listener);
          req.off('custom', listener);
          req.off('custom', listener);
          told = [...events];
          res.end();
        }),
      );
      await send(await listen(server));
      return told;
    };
    const told = await observeEvents((listener) => withRequestId(listener));
    expect(told).toContain('custom');
    expect(told).toEqual(await observeEvents((listener) => listener));
  });

  it("leave emit to throw an 'error' that has no listener", () =>
    inHandler((req, res) => {
      for (const emitter of [req, res]) {
        expect(() => emitter.emit('error', new Error('on purpose'))).toThrow('on purpose');
      }
    }));

  it('throw through emit', () =>
    inHandler((req) => {
      req.on('custom', () => {
        throw new Error('on purpose');
      });
      expect(() => req.emit('custom')).toThrow('on purpose');
      expect(getRequestId()).toBe('myid');
    }));
});

it('call the callbacks of write and end with the `this` of a bare server', async () => {
  async function called(wrap: (listener: RequestListener) => RequestListener): Promise<unknown[]> {
    const seen: unknown[] = [];
    function note(this: unknown): void {
      seen.push(Object.prototype.toString.call(this));
    }
    const server = createServer(
      wrap((_req, res) => {
        res.write('a', note);
        setImmediate(() => res.end('b', note));
      }),
    );
    await send(await listen(server));
    return seen;
  }
  expect(await called((listener) => withRequestId(listener))).toEqual(
    await called((listener) => listener),
  );
});
