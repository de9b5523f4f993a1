// Survives errors of two scopes, with the built package. Prints what saw these scopes.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { context, createContext } from '@request-context/core';
import { serve } from '../../../../tests/kit/serve.js';

const [way = ''] = process.argv.slice(2);
const own = createContext({ name: 'own' });

function see() {
  return `${context.get('requestId', 'none')} ${own.get('step', 'none')}`;
}

/** @type {string[]} */
let handlers = [];
/** @type {string[]} */
let sockets = [];
function handle() {
  handlers.push(see());
  return true;
}

const domain = way === 'domain' ? (await import('node:domain')).default : undefined;
// Where another handler takes the error, Node calls no listeners: they must not change.
process.on('uncaughtException', way === 'listener' ? handle : () => handlers.push('a listener'));
if (way === 'capture') process.setUncaughtExceptionCaptureCallback(handle);
if (way === 'added') {
  /** @type {any} */ (process).addUncaughtExceptionCaptureCallback(handle);
}
const listeners = process.listeners('uncaughtException').length;

function fail() {
  throw new Error('on purpose');
}

/** @type {Record<string, (task: () => void) => void>} */
const ways = {
  tick: (task) => process.nextTick(task),
  timer: (task) => setTimeout(task, 1),
  immediate: (task) => setImmediate(task),
  socket: (task) => {
    const client = connect(port, '127.0.0.1', () => {
      client.destroy();
      task();
    });
  },
  // Domains see neither of these.
  ...(domain === undefined && {
    microtask: (task) => queueMicrotask(task),
    rejection: (task) => void Promise.resolve().then(task),
  }),
};

const server = createServer((socket) => {
  sockets.push(see());
  socket.on('error', () => {});
  socket.on('data', () => socket.end(sockets.push(see()).toString()));
  socket.on('close', () => sockets.push(see()));
});
const { port } = await serve(server);

async function visit() {
  const client = connect(port, '127.0.0.1');
  client.resume().write('x');
  await once(client, 'close');
}

/** @type {Record<string, { handlers: string[]; sockets: string[] }>} */
const seen = {};
for (const [name, later] of Object.entries(ways)) {
  for (let n = 0; n < 5; n += 1) {
    context.run({ requestId: 'myid' }, () => {
      own.run({ step: 'first' }, () => {
        if (domain === undefined) later(fail);
        else domain.create().on('error', handle).run(later, fail);
      });
    });
    await sleep(5);
    await visit();
  }
  seen[name] = { handlers: [...new Set(handlers)], sockets: [...new Set(sockets)] };
  handlers = [];
  sockets = [];
}

// A task that survives its own errors keeps its scope.
/** @type {string[]} */
const ticks = [];
await new Promise((resolve) => {
  context.run({ requestId: 'interval' }, () => {
    const interval = setInterval(() => {
      if (ticks.push(see()) === 3) {
        clearInterval(interval);
        resolve(undefined);
      } else if (domain === undefined) fail();
    }, 2);
  });
});

const added = process.listeners('uncaughtException').length - listeners;
console.log(JSON.stringify({ seen, ticks, added }));
process.exit();
