import { createServer, type ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { listen, send, sendRaw } from '../../../tests/kit/http.ts';
import { context, getRequestId, withRequestId } from '../src/index.ts';

type Call = (res: ServerResponse, done: () => void) => void;

const calls: Record<string, Call> = {
  writeContinue: (res, done) => res.writeContinue(done),
  writeEarlyHints: (res, done) => res.writeEarlyHints({ link: '</a.css>; rel=preload' }, done),
  writeProcessing: (res, done) =>
    (res as unknown as { writeProcessing(done: () => void): void }).writeProcessing(done),
  write: (res, done) => void res.write('a', done),
  'write with an encoding': (res, done) => void res.write('a', 'utf8', done),
  end: (res, done) => void res.end(done),
  'end with a chunk': (res, done) => void res.end('a', done),
  'end with an encoding': (res, done) => void res.end('a', 'utf8', done),
};

describe('the callback of a pipelined response', () => {
  it.each(Object.keys(calls))("run in the response's scope, passed to %s", async (name) => {
    const seen: unknown[] = [];
    const server = createServer(
      withRequestId((req, res) => {
        const { id } = req;
        calls[name]?.(res, () => {
          seen.push([id, getRequestId()]);
          if (!res.writableEnded) res.end();
        });
      }),
    );
    const head = (id: number, more = ''): string =>
      `GET / HTTP/1.1\r\nHost: a\r\nX-Request-ID: id-${id}\r\n${more}\r\n`;
    await sendRaw(
      await listen(server),
      [head(0), head(1), head(2), head(3, 'Connection: close\r\n')].join(''),
    );
    expect(seen).toHaveLength(4);
    for (const [id, inside] of seen as [string, string][]) expect(inside).toBe(id);
  });
});

describe('a response that is written to from another scope', () => {
  it.each([
    ['end', (res: ServerResponse) => res.end('a')],
    ['write', (res: ServerResponse) => res.write('a')],
  ])("write its head in its request's scope, by %s", async (_name, write) => {
    const seen: unknown[] = [];
    const server = createServer(
      withRequestId((_req, res) => {
        // on-headers patches writeHead like this, and calls its listeners then.
        const { writeHead } = res;
        res.writeHead = function (this: ServerResponse, ...args: never[]) {
          seen.push(getRequestId());
          return Reflect.apply(writeHead, this, args);
        } as typeof writeHead;
        context.run({ requestId: 'other' }, () => {
          write(res);
          expect(getRequestId()).toBe('other');
        });
        res.end();
      }),
    );
    await send(await listen(server), { id: 'myid' });
    expect(seen).toEqual(['myid']);
  });
});

it('list the callback of end() among the listeners where Node does', async () => {
  const observe = async (wrap: typeof withRequestId | undefined) => {
    let found: unknown;
    const callback = (): void => {};
    const listener = (_req: unknown, res: ServerResponse): void => {
      res.end(callback);
      found = res.listeners('finish').includes(callback);
    };
    await send(await listen(createServer(wrap === undefined ? listener : wrap(listener))));
    return found;
  };
  expect(await observe(withRequestId)).toBe(await observe(undefined));
});
