import { execFile, fork } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { BroadcastChannel, MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { context, getRequestId } from '@request-context/core';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { uuid } from '../../../tests/kit/http.ts';
import { childEnv, contextFromEnv, onMessage, wrapMessage } from '../src/worker-threads.ts';

const module = new URL('./support/thread.js', import.meta.url);
const keys = ['tenant'] as const;

/** The types of Node 20 lack `hasRef()`. */
type Port = MessagePort & { hasRef(): boolean };

interface Seen {
  readonly value: unknown;
  readonly id: string;
  readonly before: string;
  readonly tenant?: string;
  readonly isServer: boolean;
}

/** Starts the worker inside of a request. */
async function openWorker(options?: ConstructorParameters<typeof Worker>[1]): Promise<Worker> {
  const open = () => new Worker(module, options);
  const worker = context.run({ requestId: 'opener', tenant: 'opener' }, open);
  onTestFinished(async () => void (await worker.terminate()));
  await once(worker, 'message');
  return worker;
}

/** Starts the child process inside of a request. */
async function openChild(silent = false) {
  const child = context.run({ requestId: 'opener' }, () => fork(module, { silent }));
  onTestFinished(() => void child.kill());
  await once(child, 'message');
  return child;
}

function openChannel(): { near: MessagePort; far: Port } {
  const { port1, port2 } = new MessageChannel();
  onTestFinished(() => port1.close());
  return { near: port1, far: port2 as Port };
}

/** Returns what a handler on the far end of a channel gets, with the id that it runs under. */
async function received(message: unknown, options?: Parameters<typeof onMessage>[2]) {
  const { near, far } = openChannel();
  return context.run({ requestId: 'listener' }, () => {
    const seen = new Promise<{ value: unknown; values: unknown }>((resolve) => {
      onMessage(far, (value) => resolve({ value, values: context.toObject() }), options);
    });
    near.postMessage(message);
    return seen;
  });
}

/** Sends 300 messages at once, each in a request, and returns the replies with the ids of their handlers here. */
async function exchange(port: Worker | Awaited<ReturnType<typeof openChild>>) {
  const replies = new Map<unknown, { reply: Seen; id: string | undefined }>();
  const done = new Promise<void>((resolve) => {
    context.run({ requestId: 'listener' }, () =>
      onMessage(port, (reply: Seen) => {
        replies.set(reply.value, { reply, id: getRequestId() });
        if (replies.size === 300) resolve();
      }),
    );
  });
  for (let n = 0; n < 300; n += 1) {
    context.run({ requestId: `request-${n}`, tenant: `tenant-${n}` }, () => {
      const message = wrapMessage(n, { keys });
      if (port instanceof Worker) port.postMessage(message);
      else port.send(message);
    });
  }
  await done;
  return replies;
}

function expectOwnIds(replies: Awaited<ReturnType<typeof exchange>>): void {
  for (let n = 0; n < 300; n += 1) {
    const id = `request-${n}`;
    const reply = { value: n, id, before: id, tenant: `tenant-${n}`, isServer: false };
    expect(replies.get(n)).toEqual({ reply, id });
  }
}

describe('wrapMessage and onMessage', () => {
  it('handle 300 messages of a worker that a request opened, and their replies, each under its own id', async () => {
    expectOwnIds(await exchange(await openWorker()));
  });

  it('handle 300 messages of a child process, and their replies, each under its own id', async () => {
    expectOwnIds(await exchange(await openChild()));
  });

  it.each([
    ['was not wrapped', 'plain'],
    ['was wrapped outside of requests', wrapMessage('plain')],
  ])(
    'handle a message that %s under a fresh id, never under that of the opener',
    async (_, message) => {
      const worker = await openWorker();
      const seen: string[] = [];
      for (const _time of ['first', 'second']) {
        let stop = () => {};
        const reply = new Promise<Seen>((resolve) => {
          stop = onMessage(worker, resolve);
        });
        worker.postMessage(message);
        const { value, id, before, tenant } = await reply;
        stop();
        expect([value, tenant]).toEqual(['plain', undefined]);
        expect(id).toMatch(uuid);
        expect(before).toBe(id);
        seen.push(id);
      }
      expect(seen[0]).not.toBe(seen[1]);
    },
  );

  it('carry only what `keys` names, on both sides', async () => {
    const message = context.run({ requestId: 'myid', tenant: 'acme' }, () => [
      wrapMessage('none'),
      wrapMessage('tenant', { keys }),
    ]);
    expect(await received(message[0], { keys })).toEqual({
      value: 'none',
      values: { requestId: 'myid' },
    });
    expect((await received(message[1])).values).toEqual({ requestId: 'myid' });
    expect((await received(message[1], { keys })).values).toEqual({
      requestId: 'myid',
      tenant: 'acme',
    });
  });

  it("give the handler a fresh id and the message's as parent, with id: 'child'", async () => {
    const message = context.run({ requestId: 'myid' }, () => wrapMessage('job'));
    const { values } = await received(message, { id: 'child' });
    expect(values).toEqual({ requestId: expect.stringMatching(uuid), parentRequestId: 'myid' });
  });

  it('transfer what a transfer list names', async () => {
    const { near, far } = openChannel();
    const pixels = new Uint8Array([1, 2, 3]);
    const seen = new Promise((resolve) => onMessage(far, resolve));
    near.postMessage(
      context.run({ requestId: 'myid' }, () => wrapMessage(pixels)),
      [pixels.buffer],
    );
    expect(await seen).toEqual(new Uint8Array([1, 2, 3]));
    expect(pixels.byteLength).toBe(0);
  });

  it('unwrap a message once, as often as it was wrapped', async () => {
    const inner = context.run({ requestId: 'inner' }, () => wrapMessage('value'));
    const outer = context.run({ requestId: 'outer' }, () => wrapMessage(inner));
    expect(await received(outer)).toEqual({ value: inner, values: { requestId: 'outer' } });
  });

  it('throw for an invalid option, and name it', () => {
    const { far } = openChannel();
    const bad = { nope: 1 } as never;
    expect(() => wrapMessage(1, bad)).toThrow(/nope/);
    expect(() => onMessage(far, () => {}, bad)).toThrow(/nope.*header, keys, onSkip, id/);
    expect(() => onMessage(far, () => {}, { id: 'other' as never })).toThrow(/'same' or 'child'/);
    expect(far.hasRef()).toBe(false);
  });
});

describe('onMessage', () => {
  const marked = (rest: object) => ({ '@request-context/message': 1, ...rest });
  const headers = { 'X-Request-ID': 'myid' };
  const huge = 'x'.repeat(10_000_000);

  it.each<[string, unknown]>([
    ['null', null],
    ['undefined', undefined],
    ['a number', 42],
    ['an array', [1, 2]],
    ['an object without a prototype', Object.assign(Object.create(null), { a: 1 })],
    ['another version of the format', { ...marked({ headers }), '@request-context/message': 2 }],
    ['10 MB', huge],
  ])('pass on %s as it is, under a fresh id', async (_, message) => {
    const { value, values } = await received(message);
    expect(value).toEqual(message);
    expect(values).toEqual({ requestId: expect.stringMatching(uuid) });
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a number', 7],
    ['markup as the id', { 'X-Request-ID': '<b>' }],
    ['a line break in the id', { 'X-Request-ID': 'a\nb' }],
    ['two ids', { 'X-Request-ID': ['one', 'two'] }],
    ['an object as the id', { 'X-Request-ID': { toString: 1 } }],
    ['an id of 10 MB', { 'X-Request-ID': huge }],
    ['baggage of 10 MB', { baggage: huge }],
    ['10,000 headers', Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [n, n]))],
  ])('make a fresh id for a message that holds %s', async (_, headers) => {
    const { value, values } = await received(marked({ headers, value: 'kept' }), { keys });
    expect(value).toBe('kept');
    expect(values).toEqual({ requestId: expect.stringMatching(uuid) });
  });

  it('pass on a Proxy that throws, which no port can post', () => {
    const emitter = new EventEmitter();
    const handle = vi.fn((_value: unknown) => getRequestId());
    onMessage(emitter, handle);
    const fail = () => {
      throw new Error('trap');
    };
    const proxy = new Proxy({}, { getOwnPropertyDescriptor: fail, get: fail, has: fail });
    emitter.emit('message', proxy);
    expect(handle.mock.calls[0]?.[0] === proxy).toBe(true);
    expect(handle).toHaveReturnedWith(expect.stringMatching(uuid));
  });

  it('keep a port open until the listener is removed, as a listener does', () => {
    const { far } = openChannel();
    expect(far.hasRef()).toBe(false);
    const stop = onMessage(far, () => {});
    expect(far.hasRef()).toBe(true);
    stop();
    expect(far.hasRef()).toBe(false);
    expect(far.listenerCount('message')).toBe(0);
    stop();
  });

  it.each([
    ['worker', openWorker],
    ['child process', openChild],
  ])('let a %s end when it has removed its listener', async (_, open) => {
    const port = await open();
    const exited = once(port, 'exit');
    if (port instanceof Worker) port.postMessage('stop');
    else port.send('stop');
    expect((await exited)[0]).toBe(0);
  });

  it('remove one of several listeners, even of the same function', async () => {
    const { near, far } = openChannel();
    const handle = vi.fn();
    const stop = onMessage(far, handle);
    onMessage(far, handle);
    stop();
    stop();
    near.postMessage('once');
    await once(far, 'message');
    expect(handle).toHaveBeenCalledTimes(1);
  });

  it('throw, reject and return to the port what the handler does', async () => {
    const error = new Error('on purpose');
    const throwing = new EventEmitter();
    onMessage(throwing, () => {
      throw error;
    });
    expect(() => throwing.emit('message', 1)).toThrow(error);
    expect(getRequestId()).toBeUndefined();
    const rejecting = new EventEmitter({ captureRejections: true });
    onMessage(rejecting, () => Promise.reject(error));
    const failed = once(rejecting, 'error');
    rejecting.emit('message', 1);
    expect(await failed).toEqual([error]);
  });

  it('end a process whose handler fails, as a listener does', async () => {
    const child = await openChild(true);
    const exited = once(child, 'exit');
    child.send('throw');
    expect((await exited)[0]).toBe(1);
  });

  it('call the handler on the port, with the handle that came along', async () => {
    const child = await openChild();
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const reply = new Promise<[Seen, unknown]>((resolve) => {
      onMessage(child, function (this: unknown, value: Seen) {
        resolve([value, this]);
      });
    });
    const message = context.run({ requestId: 'myid' }, () => wrapMessage('with a server'));
    child.send(message, server);
    const [seen, self] = await reply;
    server.close();
    expect(seen).toMatchObject({ id: 'myid', value: 'with a server', isServer: true });
    expect(self).toBe(child);
  });

  it("listen to a port of the Web's kind, and pass on the event", async () => {
    const [near, far] = [new BroadcastChannel('threads'), new BroadcastChannel('threads')];
    const handle = vi.fn((_value: unknown, event: MessageEvent) => [getRequestId(), event.type]);
    const stop = onMessage(far, handle);
    const next = () => new Promise((resolve) => far.addEventListener('message', resolve));
    context.run({ requestId: 'myid' }, () => near.postMessage(wrapMessage('hello')));
    await next();
    expect(handle.mock.calls[0]?.[0]).toBe('hello');
    expect(handle).toHaveReturnedWith(['myid', 'message']);
    stop();
    near.postMessage('unheard');
    await next();
    expect(handle).toHaveBeenCalledTimes(1);
    near.close();
    far.close();
  });

  it.each([null, undefined, 7, {}, { on() {} }])('throw for the port %j', (port) => {
    expect(() => onMessage(port as never, () => {})).toThrow(TypeError);
  });

  it('throw for a handler that is no function', () => {
    expect(() => onMessage(openChannel().far, 'handle' as never)).toThrow(/needs a function/);
  });
});

describe('childEnv', () => {
  const own = { PATH: '/bin', X_REQUEST_ID: 'stale', X_REQUEST_BAGGAGE: 'tenant=stale' };

  it('add the id and what `keys` names to a copy, in two variables', () => {
    const env = { PATH: '/bin' };
    context.run({ requestId: 'myid', tenant: 'a b' }, () => {
      expect(childEnv(env)).toEqual({ PATH: '/bin', X_REQUEST_ID: 'myid' });
      expect(childEnv(env, { keys })).toEqual({
        PATH: '/bin',
        X_REQUEST_ID: 'myid',
        X_REQUEST_BAGGAGE: 'tenant=a%20b',
      });
    });
    expect(env).toEqual({ PATH: '/bin' });
  });

  it("copy the process's own environment by default", () => {
    context.run({ requestId: 'myid' }, () => {
      expect(childEnv()).toEqual({ ...process.env, X_REQUEST_ID: 'myid' });
    });
    expect(process.env.X_REQUEST_ID).toBeUndefined();
  });

  it.each([
    ['outside of a context', (task: () => unknown) => task()],
    ['in a context without an id', (task: () => unknown) => context.run({}, task)],
    [
      'for an id that cannot be carried',
      (task: () => unknown) => context.run({ requestId: 'a\nb' }, task),
    ],
  ])('leave out what another task has set, %s', (_, run) => {
    expect(run(() => childEnv(own, { keys }))).toEqual({ PATH: '/bin' });
  });

  it('copy what the environment inherits, as a child process gets it', () => {
    const env = Object.create({ PATH: '/bin', X_REQUEST_ID: 'stale' });
    expect(childEnv(env)).toEqual({ PATH: '/bin' });
  });

  it('leave no name in other case, which Windows takes for the same', () => {
    const env = { PATH: '/bin', x_request_id: 'stale', X_Request_Baggage: 'tenant=stale' };
    expect(childEnv(env)).toEqual({ PATH: '/bin' });
    context.run({ requestId: 'myid' }, () => {
      expect(childEnv(env)).toEqual({ PATH: '/bin', X_REQUEST_ID: 'myid' });
    });
  });

  it('replace what another task has set', () => {
    context.run({ requestId: 'myid' }, () => {
      expect(childEnv(own)).toEqual({ PATH: '/bin', X_REQUEST_ID: 'myid' });
    });
  });

  it('call onSkip with what cannot be carried', () => {
    const onSkip = vi.fn();
    context.run({ requestId: 'a\nb' }, () => childEnv({}, { onSkip }));
    expect(onSkip).toHaveBeenCalledWith('invalid-id', { key: 'requestId', target: undefined });
  });

  it.each([{ header: 'X-Id' }, { nope: 1 }])('throw for the option %j', (options) => {
    const name = String(Object.keys(options)[0]);
    expect(() => childEnv({}, options as never)).toThrow(name);
    expect(() => contextFromEnv(options as never)).toThrow(name);
  });

  it('reach a child process, by all ways to start one', async () => {
    const program =
      'const { env } = process; process.stdout.write([env.X_REQUEST_ID, env.X_REQUEST_BAGGAGE].join(" "))';
    const run = promisify(execFile);
    const { stdout } = await context.run({ requestId: 'myid', tenant: 'acme' }, () =>
      run(process.execPath, ['-e', program], { env: childEnv(process.env, { keys }) }),
    );
    expect(stdout).toBe('myid tenant=acme');
    const start = () => fork(module, { env: childEnv(process.env, { keys }) });
    const child = context.run({ requestId: 'forked', tenant: 'acme' }, start);
    onTestFinished(() => void child.kill());
    const [{ env }] = await once(child, 'message');
    expect(env).toEqual({ requestId: 'forked', tenant: 'acme' });
    const open = () => new Worker(module, { env: childEnv() });
    const worker = context.run({ requestId: 'threaded' }, open);
    onTestFinished(async () => void (await worker.terminate()));
    expect((await once(worker, 'message'))[0].env).toEqual({ requestId: 'threaded' });
  });
});

describe('contextFromEnv', () => {
  function withEnv(variables: Record<string, string>): void {
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    onTestFinished(() => void vi.unstubAllEnvs());
  }

  it('return what childEnv() has carried, inside of any context', () => {
    withEnv({ X_REQUEST_ID: 'myid', X_REQUEST_BAGGAGE: 'tenant=a%20b,other=1' });
    expect(contextFromEnv()).toEqual({ requestId: 'myid' });
    expect(context.run({ requestId: 'ambient' }, () => contextFromEnv({ keys }))).toEqual({
      requestId: 'myid',
      tenant: 'a b',
    });
  });

  it("return a fresh id and the environment's as parent, with id: 'child'", () => {
    withEnv({ X_REQUEST_ID: 'myid' });
    expect(contextFromEnv({ id: 'child' })).toEqual({
      requestId: expect.stringMatching(uuid),
      parentRequestId: 'myid',
    });
  });

  it.each<Record<string, string>>([
    {},
    { X_REQUEST_ID: '' },
    { X_REQUEST_ID: '<b>' },
    { X_REQUEST_ID: 'a\nb' },
    { X_REQUEST_ID: 'x'.repeat(100_000) },
    { HTTP_X_REQUEST_ID: 'client' },
    { X_REQUEST_BAGGAGE: '%,=,;' },
  ])('return a fresh id, never the current one, for %j', (variables) => {
    withEnv(variables);
    const values = context.run({ requestId: 'ambient' }, () => contextFromEnv({ keys }));
    expect(values).toEqual({ requestId: expect.stringMatching(uuid) });
  });
});
