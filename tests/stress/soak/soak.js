import { Child } from '../../kit/child.js';
import { Visitor } from './visits.js';

export const parts = 10;
export const connections = 32;

/**
 * What the server reports after a part.
 *
 * @typedef {object} Measured
 * @property {number} heap - Used after garbage collection, in bytes.
 * @property {number} external - In bytes.
 * @property {number} alive - How many requests, responses, scopes and values of the sample are not collected.
 * @property {number} sampled
 * @property {number} checks - Checks of ids and values, so far.
 * @property {number} wrong - Checks that failed.
 * @property {number} closed - Requests that have ended.
 * @property {number} aborted - Requests that ended because the client left.
 * @property {string[]} problems - The first checks that failed.
 */

/**
 * Soaks one adapter's server: sends the requests in parts, and measures the server after each.
 *
 * @param {{ adapter: string, requests: number, deadline: number, signal: AbortSignal }} run - After the
 * deadline, in milliseconds since the epoch, no further part starts.
 */
export async function soak({ adapter, requests, deadline, signal }) {
  const server = new Child(new URL('./server.js', import.meta.url), [adapter], {
    silent: true,
    execArgv: ['--expose-gc', '--unhandled-rejections=strict'],
  });
  const stop = () => server.end();
  signal.addEventListener('abort', stop);

  const sent = {
    requests: 0,
    errors: 0,
    aborts: 0,
    forks: 0,
    problems: /** @type {string[]} */ ([]),
  };
  const /** @type {Measured[]} */ measured = [];
  const /** @type {Set<string>} */ fresh = new Set();
  const started = Date.now();
  const { url } = await server.reply();
  const port = Number(new URL(url).port);
  const visitors = Array.from({ length: connections }, () => new Visitor(port, sent, fresh));
  try {
    let next = 0;
    for (let part = 1; part <= parts && (part === 1 || Date.now() < deadline); part += 1) {
      const end = Math.round((requests * part) / parts);
      const send = async (/** @type {Visitor} */ visitor) => {
        while (next < end) {
          next += 1;
          await visitor.visit(next);
        }
      };
      await server.unlessExited(Promise.all(visitors.map(send)));
      measured.push(await server.ask('measure'));
    }
  } finally {
    for (const visitor of visitors) visitor.close();
    signal.removeEventListener('abort', stop);
    server.end();
  }
  return { sent, measured, stderr: server.stderr, seconds: (Date.now() - started) / 1000 };
}
