import { createServer } from 'node:http';
import { Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { listen } from '../../../tests/kit/http.ts';
import { withRequestId } from '../src/index.ts';

type Methods = Record<'emit' | 'setTimeout', (...args: unknown[]) => unknown>;

/** Replaces a method with one that notes its first argument. Returns a function that restores it. */
function note(object: Socket, name: keyof Methods, noted: unknown[]): () => void {
  const methods = object as unknown as Methods;
  const isOwn = Object.hasOwn(object, name);
  const before = methods[name];
  methods[name] = function (...args) {
    noted.push(args[0]);
    return Reflect.apply(before, this, args);
  };
  return () => {
    if (isOwn) methods[name] = before;
    else delete (methods as Partial<Methods>)[name];
  };
}

it('call the methods that a connection already has, and those that its class gets later', async () => {
  const own: unknown[] = [];
  const inherited: unknown[] = [];
  const server = createServer(
    withRequestId((req, res) => {
      onTestFinished(note(Socket.prototype, 'emit', inherited));
      req.socket.emit('own', 1);
      req.socket.setTimeout(12_345);
      res.end();
    }),
  );
  server.on('connection', (socket) => note(socket, 'setTimeout', own));
  await (await fetch(await listen(server))).text();
  expect(own).toContain(12_345);
  expect(inherited).toContain('own');
});
