import { createInterface } from 'node:readline';
import fc from 'fast-check';
import { Child } from '../../kit/child.js';
import { Connection } from '../../kit/connection.js';
import { uuid } from '../../kit/uuid.js';
import { weighted } from '../../kit/weighted.js';
import { anyRequest, hostileRequest } from './any-request.js';

const allowed = /^[A-Za-z0-9._~+/=@:-]{1,128}$/;
const escaped = /^(?:[A-Za-z0-9._~+/=@:-]|%[0-9A-F]{2})*$/;
const plainLine = /^requestId=(\S+) rejected=(\S*)$/;

/** @param {import('fast-check').Arbitrary<import('./any-request.js').Generated>} request */
const batchOf = (request) => fc.array(request, { minLength: 1, maxLength: 40, size: 'max' });

/** What each of up to eight clients sends at once. A parser may refuse some of the batches. */
const anyVisits = fc.array(weighted([19, batchOf(anyRequest)], [1, batchOf(hostileRequest)]), {
  minLength: 1,
  maxLength: 8,
  size: 'max',
});

/** Milliseconds that the clients may take together. */
const timeLimit = 20_000;

/**
 * The outcome of a run.
 *
 * @typedef {object} Outcome
 * @property {number} adopted - Requests handled with an id that the client sent.
 * @property {number} fresh - Requests handled with a fresh id.
 * @property {number} refused - Requests that the HTTP parser refused with 4xx, or cut off.
 * @property {number} lines - Lines of the log that were checked.
 */

/**
 * Sends generated requests to an adapter's server over raw sockets. Checks every response and every line of
 * the server's log.
 *
 * @param {{ adapter: string, requests: number, seed: number }} run - Sends at least so many requests.
 * @returns {Promise<Outcome>}
 * @throws {Error} with the smallest failure that fast-check finds, and its seed
 */
export async function fuzz({ adapter, requests, seed }) {
  /** @type {Outcome} */
  const outcome = { adopted: 0, fresh: 0, refused: 0, lines: 0 };
  /** All fresh ids so far. @type {Set<string>} */
  const fresh = new Set();
  /** @type {FuzzedServer | undefined} */
  let server;
  const property = fc.asyncProperty(anyVisits, async (batches) => {
    server ??= await FuzzedServer.start(adapter);
    const { port } = server;
    const timer = setTimeout(() => server?.end(), timeLimit);
    try {
      const visits = batches.map((batch) => visit(port, batch, fresh));
      const kinds = (await server.unlessExited(Promise.all(visits))).flat();
      for (const kind of kinds) outcome[kind] += 1;
      const handled = kinds.filter((kind) => kind !== 'refused').length;
      outcome.lines += await server.checkLog(handled * 2);
    } catch (error) {
      // The next requests need a fresh server.
      server.end();
      server = undefined;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  });
  try {
    for (let n = 0; outcome.adopted + outcome.fresh + outcome.refused < requests; n += 1) {
      const details = await fc.check(property, { seed: seed + n, numRuns: 20 });
      if (!details.failed) continue;
      const smallest = JSON.stringify(details.counterexample).slice(0, 5000);
      const where = `SEED=${seed + n} path ${details.counterexamplePath}`;
      throw new Error(`${where}: ${smallest}`, { cause: details.errorInstance });
    }
    return outcome;
  } finally {
    server?.end();
  }
}

/**
 * Sends one client's batch, and judges the responses.
 *
 * @param {number} port
 * @param {import('./any-request.js').Generated[]} batch
 * @param {Set<string>} fresh - All fresh ids so far.
 */
async function visit(port, batch, fresh) {
  /** @type {ReturnType<typeof judge>[]} */
  const kinds = [];
  // A refused request ends the connection. The parser may read one broken request as several, each with a response.
  const isHostile = batch.some((request) => request.isHostile);
  for (const group of isHostile ? batch.map((request) => [request]) : [batch]) {
    const connection = await Connection.open(port);
    const bytes = group.map((request) => request.bytes).join('');
    const responses = await connection.send(bytes, group.length);
    connection.close();
    for (const [n, request] of group.entries()) kinds.push(judge(request, responses[n], fresh));
  }
  return kinds;
}

/**
 * @param {import('./any-request.js').Generated} request
 * @param {import('../../kit/read-response.js').Response | undefined} response
 * @param {Set<string>} fresh - All fresh ids so far.
 * @returns {'adopted' | 'fresh' | 'refused'}
 */
function judge(request, response, fresh) {
  /** @type {(problem: string) => never} */
  const wrong = (problem) =>
    fail(
      `${problem}\nsent: ${JSON.stringify(request.bytes.slice(0, 2000))}\ngot: ${JSON.stringify(response)}`,
    );
  if (request.isHostile && response?.status !== 200) return 'refused';
  if (response === undefined) wrong('no response');
  if (response.status !== 200) wrong(`status ${response.status}`);
  const [id = ''] = response.ids;
  if (response.ids.length !== 1) wrong(`${response.ids.length} ids echoed`);
  if (id !== response.body) wrong('the id echoed is not that of the context');
  if (response.headers.some(([name]) => /^x-evil/i.test(name))) wrong('the head was split');
  if (!allowed.test(id)) wrong('the id is not in the allow-list');

  const sent = request.lines.map(([name, value]) => [name.toLowerCase(), withoutBlanks(value)]);
  const own = sent.filter(([name]) => name === 'x-request-id');
  const [only] = own.length === 1 && !request.isHostile ? own : [];
  if (only !== undefined && allowed.test(only[1] ?? '') && id !== only[1])
    wrong('a valid id was rejected');
  if (sent.some(([, value]) => value?.includes(id))) return 'adopted';
  if (!uuid.test(id)) wrong('the id is neither sent nor fresh');
  if (fresh.has(id)) wrong('the fresh id was given out before');
  fresh.add(id);
  return 'fresh';
}

/**
 * Returns a header's value as a parser reads it: without the spaces and tabs around it.
 *
 * @param {string} value
 */
const withoutBlanks = (value) => value.replace(/^[ \t]+/, '').replace(/(?<![ \t])[ \t]+$/, '');

/** The server, and the lines of its log: JSON and plain text in turn. */
class FuzzedServer extends Child {
  port = 0;
  /** @type {string[]} */
  #lines = [];
  /** How many lines were checked beyond those due: for requests whose client received no response. */
  #ahead = 0;
  #wake = () => {};

  /** @param {string} adapter */
  static async start(adapter) {
    const server = new FuzzedServer(new URL('./server.js', import.meta.url), [adapter], {
      silent: true,
      execArgv: ['--unhandled-rejections=strict'],
    });
    createInterface({ input: server.pipe() }).on('line', (line) => {
      server.#lines.push(line);
      server.#wake();
    });
    const { url } = await server.reply();
    server.port = Number(new URL(url).port);
    return server;
  }

  /**
   * Waits for lines of the log, and checks them. Throws if there is anything on stderr.
   *
   * @param {number} due - The number of lines to wait for.
   */
  async checkLog(due) {
    while (this.#ahead + this.#lines.length < due) {
      /** @type {Promise<void>} */
      const more = new Promise((resolve) => {
        this.#wake = resolve;
      });
      await this.unlessExited(more);
    }
    const lines = this.#lines.splice(0, this.#lines.length & ~1);
    this.#ahead += lines.length - due;
    let id = '';
    for (const [n, line] of lines.entries()) {
      try {
        const [requestId, rejected] = n % 2 === 0 ? fromJson(line) : fromPlain(line);
        const isGood = allowed.test(requestId) && rejected.length <= 128;
        if (!isGood || !(rejected === '-' || escaped.test(rejected))) fail('not escaped');
        if (n % 2 === 1 && requestId !== id) fail('two lines of one request differ');
        id = requestId;
      } catch (cause) {
        throw new Error(`log line ${JSON.stringify(line)}`, { cause });
      }
    }
    if (this.stderr !== '') fail(`the server wrote to stderr: ${this.stderr}`);
    return lines.length;
  }
}

/**
 * @param {string} line
 * @returns {[requestId: string, rejected: string]}
 */
function fromJson(line) {
  const { requestId, rejected, ...others } = JSON.parse(line);
  if (Object.keys(others).length > 0) fail('a field was forged');
  return [requestId, rejected];
}

/**
 * @param {string} line
 * @returns {[requestId: string, rejected: string]}
 */
function fromPlain(line) {
  const [, requestId, rejected] = plainLine.exec(line) ?? fail('not parsed');
  return [requestId ?? '', rejected ?? ''];
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  throw new Error(message);
}
