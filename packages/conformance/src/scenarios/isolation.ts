import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { PassThrough } from 'node:stream';
import { context, getRequestId } from '@request-context/core';
import type { Client, HttpScenario, Teardown } from '../http-scenario.ts';
import { record } from '../probes.ts';

/** An error thrown on purpose, of the request that sent `id`. */
class Survived extends Error {
  readonly id: string;

  constructor(id: string) {
    super('on purpose');
    this.id = id;
  }
}

/** Lets the process survive the scenario's errors; takes the listeners that are there off meanwhile. */
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

/** The same by a capture callback: with one, Node calls no listeners. */
function captureErrors(): Teardown {
  const restore = surviveErrors();
  process.setUncaughtExceptionCaptureCallback((error) => {
    if (error instanceof Survived) record(error.id, 'captured');
    // Ends the process: there is no way to call the callback of a test runner.
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

/** How an error is thrown where nobody handles it. */
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
    title: `show the id of an error of a ${what} to the handler of the process, and to nobody else afterwards`,
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
  title: 'show the id of an error to a capture callback, and to nobody else afterwards',
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
];
