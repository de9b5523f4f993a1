import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import {
  Agent,
  createServer as createHttpServer,
  Server as HttpServer,
  IncomingMessage,
  OutgoingMessage,
  type RequestListener,
  ServerResponse,
} from 'node:http';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { PassThrough, Readable, Writable } from 'node:stream';
import { context, getRequestId } from '@request-context/core';
import { callListener } from '../call-listener.ts';
import { createBarrier } from '../create-barrier.ts';
import { createClient } from '../create-client.ts';
import type { Client, HttpScenario, Teardown } from '../http-scenario.ts';
import { inHandler } from '../in-handler.ts';
import { assertFresh } from '../policy-case.ts';
import { record } from '../probes.ts';
import { keepAlive, pipelined } from './connection.ts';

/** An error thrown on purpose, of the request that sent `id`. */
class Survived extends Error {
  readonly id: string;

  constructor(id: string) {
    super('on purpose');
    this.id = id;
  }
}

/** Makes the process survive the scenario's errors; removes the present listeners until the teardown. */
function surviveErrors(): Teardown {
  const event = 'uncaughtException';
  const others = process.listeners(event);
  process.removeAllListeners(event);
  process.on(event, (error) => {
    if (error instanceof Survived) record(error.id, 'uncaughtException');
    else for (const listener of others) listener(error, event);
  });
  return () => {
    process.removeAllListeners(event);
    for (const listener of others) process.on(event, listener);
  };
}

/** Does the same by a capture callback: with one, Node calls no listeners. */
function captureErrors(): Teardown {
  const restore = surviveErrors();
  process.setUncaughtExceptionCaptureCallback((error) => {
    if (error instanceof Survived) record(error.id, 'captured');
    // Ends the process: a test runner's own callback cannot be called from here.
    else throw error;
  });
  return () => {
    process.setUncaughtExceptionCaptureCallback(null);
    restore();
  };
}

/** A server that serves no requests, and the ids that its sockets saw nevertheless. */
let stranger: Server;
let strays: string[] = [];

async function prepareStranger(restore: Teardown): Promise<Teardown> {
  strays = [];
  const note = (where: string): void => {
    const id = getRequestId();
    if (id !== undefined) strays.push(`${where}: ${id}`);
  };
  const server = createServer((socket) => {
    note('connection');
    socket.on('data', () => {
      note('data');
      setImmediate(() => note('later'));
      socket.end();
    });
    socket.on('close', () => note('close'));
  });
  stranger = server;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return () => {
    server.close();
    restore();
  };
}

async function visitWithStranger(client: Client): Promise<void> {
  await client.send('/');
  const socket = connect((stranger.address() as AddressInfo).port, '127.0.0.1');
  socket.write('hello');
  await socket.toArray();
}

/** Ways to throw an error that no code handles. */
const throwers: Readonly<Record<string, (error: Error) => void>> = {
  tick: (error) => {
    process.nextTick(() => {
      throw error;
    });
  },
  timer: (error) => {
    setTimeout(() => {
      throw error;
    }, 1);
  },
  microtask: (error) => {
    queueMicrotask(() => {
      throw error;
    });
  },
  stream: (error) => void new PassThrough().destroy(error),
};

const survivals = Object.entries(throwers).map(
  ([what, throwIt]): HttpScenario => ({
    id: `isolation-survived-${what}`,
    title: `show the id of an error of a ${what} to the handler of the process, and to no other code afterwards`,
    probes: ['handler', 'uncaughtException'],
    prepare: () => prepareStranger(surviveErrors()),
    routes: {
      'GET /': (x) => {
        x.probe('handler');
        throwIt(new Survived(x.id));
        setTimeout(() => x.send(), 3);
      },
    },
    visit: visitWithStranger,
    after: () => assert.deepEqual(strays, [], 'ids that sockets of no request saw'),
  }),
);

const captured: HttpScenario = {
  id: 'isolation-survived-capture',
  title: 'show the id of an error to a capture callback, and to no other code afterwards',
  probes: ['handler', 'captured'],
  prepare: () => prepareStranger(captureErrors()),
  routes: {
    'GET /': (x) => {
      x.probe('handler');
      throwers.tick?.(new Survived(x.id));
      setTimeout(() => x.send(), 3);
    },
  },
  visit: visitWithStranger,
  after: () => assert.deepEqual(strays, [], 'ids that sockets of no request saw'),
};

/** Ids seen by code that must see none, or its own. */
const leaks: string[] = [];

function forgetLeaks(): Teardown {
  leaks.length = 0;
  return () => {};
}

function assertNoLeaks(): void {
  assert.deepEqual([...new Set(leaks)], []);
}

/** Adds a leak unless the current id is as expected. */
function expectCurrent(expected: string | undefined, where: string): void {
  const actual = getRequestId();
  if (actual !== expected) leaks.push(`${where}: ${actual} and not ${expected}`);
}

/** Makes a server that checks that its listener leaves the context as it found it. */
function createCheckingServer(listener: RequestListener): HttpServer {
  return createHttpServer((req, res) => {
    const outside = getRequestId();
    listener(req, res);
    expectCurrent(outside, 'after the listener');
    context.run({ requestId: 'outer' }, () => {
      queueMicrotask(() => expectCurrent('outer', 'in a microtask'));
      expectCurrent('outer', 'in another scope');
    });
    expectCurrent(outside, 'after another scope');
  });
}

/** Returns a scenario whose requests share connections, and whose code ahead of the adapter looks for leaks. */
function aheadOfAdapter(id: string, sharing: HttpScenario, which: string): HttpScenario {
  return {
    ...sharing,
    id,
    title: `show no request the id of one ${which}, ahead of the adapter`,
    needs: ['node', 'before'],
    setup: {
      before(req) {
        const own = String(req.headers['x-request-id']);
        // An adapter that works at the server shows its own id already.
        if (getRequestId() !== own) expectCurrent(undefined, 'ahead of the adapter');
      },
    },
    prepare: forgetLeaks,
    after: assertNoLeaks,
  };
}

/** The request listener of the server that runs, for requests without a connection. */
let innerListener: RequestListener | undefined;

let methods: Record<string, PropertyDescriptor>[] = [];

const prototypes = [
  EventEmitter.prototype,
  IncomingMessage.prototype,
  ServerResponse.prototype,
  OutgoingMessage.prototype,
  HttpServer.prototype,
  Readable.prototype,
  Writable.prototype,
];

/** Returns the methods that all code of the process shares. */
function sharedMethods(): Record<string, PropertyDescriptor>[] {
  return prototypes.map((prototype) => Object.getOwnPropertyDescriptors(prototype));
}

const tenants = new AsyncLocalStorage<string>();

export const isolationScenarios: readonly HttpScenario[] = [
  ...survivals,
  captured,
  {
    id: 'isolation-other-storages',
    title: 'leave the values of other AsyncLocalStorages alone in every event',
    needs: ['node'],
    probes: ['req event', 'res event', 'res finish'],
    routes: {
      'GET /': (x) => {
        const res = x.takeOver();
        const noteTenant = (label: string) => () => {
          if (tenants.getStore() === x.id) x.probe(label);
        };
        x.req.on('custom', noteTenant('req event'));
        res.on('custom', noteTenant('res event'));
        res.on('prefinish', noteTenant('res finish'));
        tenants.run(x.id, () => {
          context.run({ requestId: 'inner' }, () => {
            x.req.emit('custom');
            res.emit('custom');
          });
          res.end();
        });
      },
    },
  },
  inHandler({
    id: 'isolation-values',
    title: 'show a request the values that it set itself, and no others',
    probes: ['own values'],
    open: () => createBarrier(),
    async work(x, meet) {
      const own = { requestId: x.id, [`of ${x.id}`]: 1, step: x.id };
      context.set(`of ${x.id}` as never, 1 as never);
      context.set('step' as never, x.id as never);
      await meet();
      assert.deepEqual(context.toObject(), own);
      x.probe('own values');
    },
  }),
  {
    id: 'isolation-ambient',
    title: "show a request its own id where the server was started in another request's scope",
    probes: ['handler', 'later'],
    startIn: (start) => context.run({ requestId: 'ambient' }, start),
    routes: {
      'GET /': async (x) => {
        x.probe('handler');
        await new Promise((resolve) => setTimeout(resolve, 1));
        x.probe('later');
        x.send();
      },
    },
  },
  {
    id: 'isolation-ambient-fresh',
    title: "make a fresh id for a request without one where another request's scope is current",
    needs: ['server'],
    probes: [],
    setup: {
      createServer: (listener) =>
        createHttpServer((req, res) => {
          context.run({ requestId: 'ambient' }, () => listener(req, res));
        }),
    },
    routes: { 'GET /': (x) => x.send({ body: String(getRequestId()) }) },
    async visit(client) {
      const { ids, body } = await client.request('/');
      assert.deepEqual(ids, [body]);
      assertFresh(body);
    },
  },
  {
    id: 'isolation-nested',
    title: 'keep the ids apart where a handler calls the listener with another request',
    needs: ['node', 'server'],
    probes: ['before', 'after', 'inner'],
    setup: {
      createServer(listener) {
        innerListener = listener;
        return createHttpServer(listener);
      },
    },
    routes: {
      'GET /': async (x) => {
        x.probe('before');
        const response = await callListener(
          innerListener as RequestListener,
          '/inner',
          `${x.id}.inner`,
        );
        x.probe('after');
        assert.match(response, new RegExp(`^x-request-id: ${x.id}.inner\r$`, 'im'));
        if (response.endsWith(`\r\n\r\n${x.id}.inner`)) x.probe('inner');
        x.send();
      },
      'GET /inner': async (x) => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        x.takeOver().setHeader('Content-Length', x.id.length).end(getRequestId());
      },
    },
  },
  {
    id: 'isolation-caller',
    title: 'leave the context of the code that calls the listener as it was',
    needs: ['node', 'server'],
    probes: ['handler'],
    setup: { createServer: createCheckingServer },
    prepare: forgetLeaks,
    routes: {
      'GET /': (x) => {
        x.probe('handler');
        x.send();
      },
    },
    after: assertNoLeaks,
  },
  aheadOfAdapter('isolation-keep-alive', keepAlive, 'that precedes it on the connection'),
  aheadOfAdapter('isolation-pipelined', pipelined, 'that precedes it in a pipeline'),
  {
    id: 'isolation-bypass',
    title:
      'show no id to requests that bypass the adapter on the same connection, and add no header',
    needs: ['node', 'server', 'bypass'],
    probes: ['covered'],
    prepare: forgetLeaks,
    setup: {
      createServer: (listener) =>
        createHttpServer(async (req, res) => {
          if (req.url !== '/bypass') return listener(req, res);
          expectCurrent(undefined, 'beside the adapter');
          for (const emitter of [req, res]) {
            emitter.once('custom', () => expectCurrent(undefined, 'in an event'));
            emitter.emit('custom');
          }
          await new Promise((resolve) => setTimeout(resolve, 1));
          expectCurrent(undefined, 'later');
          res.end();
        }),
    },
    routes: {
      'GET /': (x) => {
        x.probe('covered');
        x.send();
      },
    },
    async visit({ url, id }) {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const client = createClient(url, id, agent);
      try {
        for (const _ of 'abc') {
          await client.send('/');
          await client.send('/bypass', { isCovered: false });
        }
      } finally {
        agent.destroy();
      }
    },
    after: assertNoLeaks,
  },
  {
    id: 'isolation-prototypes',
    title: "leave the methods of Node's prototypes alone",
    needs: ['node'],
    probes: ['unchanged'],
    prepare() {
      methods = sharedMethods();
      return () => {};
    },
    routes: {
      'GET /': (x) => {
        assert.deepEqual(sharedMethods(), methods);
        x.probe('unchanged');
        x.send();
      },
    },
  },
];
