// What the programs in cases/ share. A program runs twice: with the library, and with LIBRARY=none.
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import net from 'node:net';
import { clearTimeout, setTimeout } from 'node:timers';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { send } from '../../../kit/send.js';
import { serve } from '../../../kit/serve.js';

export { once, sleep };

/** True in the run without the library. */
export const isBare = process.env.LIBRARY === 'none';

/** The program's arguments: which case to run. */
export const variant = process.argv.slice(2);

export const require = createRequire(import.meta.url);

/** @param {Record<string, unknown>} record */
function write(record) {
  writeSync(1, `\n@@ ${JSON.stringify(record)}\n`);
}

/**
 * Reports what must be the same with the library and without it.
 *
 * @param {string} what
 * @param {unknown} value
 */
export function same(what, value) {
  write({ what, same: value ?? null });
}

/**
 * Reports what must hold with the library. Without it, nothing is reported.
 *
 * @param {string} what
 * @param {unknown} expected
 * @param {unknown} got
 */
export function holds(what, expected, got) {
  if (!isBare) write({ what, expected: expected ?? null, got: got ?? null });
}

/**
 * Reports figures. At least one must be no greater with the library than without it, plus its slack.
 *
 * @param {string} what
 * @param {number[]} figures
 * @param {number[]} slack
 */
export function atMost(what, figures, slack) {
  write({ what, atMost: figures, slack });
}

/** @type {string[] | undefined} */
let uncaught;

/** Survives and records uncaught exceptions, which must be the same with the library and without it. */
export function surviveUncaught() {
  uncaught = [];
  process.on('uncaughtException', (error) => uncaught?.push(messageOf(error)));
  return uncaught;
}

/** Reports the end of the program, and ends the process. A program that does not reach this call has failed. */
export function finish() {
  if (uncaught !== undefined) same('uncaught exceptions', uncaught);
  write({ isEnd: true });
  process.exit(0);
}

/**
 * Runs the case that the first argument names, with the other arguments. Then ends the process.
 *
 * @param {Record<string, (...args: string[]) => unknown>} cases
 * @param {string[]} [args]
 */
export async function runCase(cases, [what = '', ...args] = variant) {
  await cases[what](...args);
  finish();
}

/**
 * Loads one of the library's packages, as either build. Returns nothing in the run without the library.
 *
 * @param {string} name
 * @param {'import' | 'require'} how
 */
export async function loadLibrary(name, how = 'import') {
  if (isBare) return undefined;
  const id = `@request-context/${name}`;
  return how === 'require' ? require(id) : import(id);
}

/**
 * Listens on a free port of 127.0.0.1.
 *
 * @template {net.Server} S
 * @param {S} server
 */
export async function listen(server) {
  await serve(server);
  return server;
}

/**
 * Serves a listener with the library around it, or attached to the server.
 *
 * @param {string} how - 'withRequestId' or 'attach'.
 * @param {any} listener
 * @param {{ create?: (listener: any) => any, build?: 'import' | 'require' }} [options]
 */
export async function mount(how, listener, { create = http.createServer, build } = {}) {
  const library = await loadLibrary('node-http', build);
  if (how === 'withRequestId') return listen(create(library?.withRequestId(listener) ?? listener));
  const server = create(listener);
  library?.attach(server);
  return listen(server);
}

/** @param {net.Server} server */
export function portOf(server) {
  return /** @type {net.AddressInfo} */ (server.address()).port;
}

/**
 * Sends one request on its own connection. Resolves with the response, or with `error` alone.
 *
 * @param {net.Server} server
 * @param {import('../../../kit/send.js').Sent & { path?: string }} [options]
 * @returns {Promise<Partial<import('../../../kit/send.js').HttpResponse> & { error?: string }>}
 */
export async function ask(server, { path = '/', ...sent } = {}) {
  const late = sleep(5000, { error: 'no response' }, { ref: false });
  const response = send(`http://127.0.0.1:${portOf(server)}${path}`, sent);
  return Promise.race([response.catch((error) => ({ error: error.code ?? error.message })), late]);
}

/**
 * Sends raw bytes. Resolves with what was received once the connection closes or `until` is met.
 *
 * @param {net.Server} server
 * @param {string} bytes
 * @param {(received: string) => boolean} [until]
 */
export async function sendRaw(server, bytes, until = () => false) {
  const socket = net.connect(portOf(server), '127.0.0.1');
  const timer = setTimeout(() => socket.destroy(), 4000);
  let received = '';
  socket.on('error', () => {});
  socket.setEncoding('latin1').on('data', (chunk) => {
    received += chunk;
    if (until(received)) socket.destroy();
  });
  socket.write(bytes);
  await once(socket, 'close');
  clearTimeout(timer);
  return received;
}

/**
 * Waits until something holds, five seconds at most.
 *
 * @param {() => boolean} isDone
 */
export async function waitFor(isDone) {
  for (let round = 0; round < 250 && !isDone(); round++) await sleep(20);
}

/**
 * Collects garbage until `isDone` returns true, a few times at most.
 *
 * @param {() => boolean} isDone
 */
export async function collect(isDone) {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc');
  for (let round = 0; round < 20 && !isDone(); round++) {
    await sleep(30);
    gc();
  }
}

/** Returns the first line of an error's message. @param {unknown} error */
export function messageOf(error) {
  return String(error instanceof Error ? error.message : error).split('\n')[0];
}
