import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Connection } from './connection.js';
import { generate } from './generate.js';
import { Random } from './random.js';

const allowed = /^[A-Za-z0-9._~+/=@:-]{1,128}$/;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const escaped = /^(?:[A-Za-z0-9._~+/=@:-]|%[0-9A-F]{2})*$/;
const plainLine = /^requestId=(\S+) rejected=(\S*)$/;

/** How many requests wait for their answers on one connection. */
const batch = 40;
/** The share of batches of requests that a parser may refuse; they are sent one after the other. */
const hostileShare = 0.05;
const connections = 8;

/**
 * How a run came out.
 *
 * @typedef {object} Outcome
 * @property {number} requests - Sent.
 * @property {number} adopted - Handled with an id that the client sent.
 * @property {number} fresh - Handled with a fresh one.
 * @property {number} refused - Answered with 4xx, or cut off, by the HTTP parser.
 * @property {number} lines - Of the log.
 */

/**
 * Sends generated requests to an adapter's server by raw sockets, and checks every answer and every
 * line of its log.
 *
 * @param {{ adapter: string, requests: number, seed: number }} run
 * @returns {Promise<Outcome>}
 * @throws {Error} for the first thing that is not as it must be
 */
export async function fuzz({ adapter, requests, seed }) {
  const server = fork(new URL('./server.js', import.meta.url), [adapter], {
    silent: true,
    execArgv: ['--unhandled-rejections=strict'],
  });
  const log = watchLog(server);
  let stderr = '';
  server.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  try {
    const exited = once(server, 'exit').then(() => fail(`the server ended: ${stderr}`));
    exited.catch(() => {});
    const [{ url }] = await Promise.race([once(server, 'message'), exited]);
    const state = { port: Number(new URL(url).port), left: requests, fresh: new Set() };
    const outcomes = await Promise.race([
      Promise.all(
        Array.from({ length: connections }, (_, n) => visit(state, new Random(seed + n * 7919))),
      ),
      exited,
    ]);
    const outcome = outcomes.reduce(add);
    await log.until((outcome.adopted + outcome.fresh) * 2);
    if (stderr !== '') fail(`the server wrote to stderr: ${stderr}`);
    return { ...outcome, lines: log.count };
  } finally {
    server.kill();
  }
}

/**
 * One client.
 *
 * @param {{ port: number, left: number, fresh: Set<string> }} state - Shared by all.
 * @param {Random} random
 */
async function visit(state, random) {
  /** @type {Outcome} */
  const outcome = { requests: 0, adopted: 0, fresh: 0, refused: 0, lines: 0 };
  let connection = await Connection.open(state.port);
  while (state.left > 0) {
    const hostile = random.chance(hostileShare);
    const count = Math.min(state.left, batch);
    state.left -= count;
    const sent = Array.from({ length: count }, () => generate(random, { hostile }));
    // What comes after a request that is refused is not answered: those are not sent together.
    for (const group of hostile ? sent.map((request) => [request]) : [sent]) {
      if (connection.isClosed) connection = await Connection.open(state.port);
      const bytes = group.map((request) => request.bytes).join('');
      const answers = await connection.exchange(bytes, group.length);
      outcome.requests += group.length;
      for (const [n, request] of group.entries()) {
        outcome[judge(request, answers[n], state.fresh)] += 1;
      }
      // One that was cut in two may have more answers, or wait for more bytes.
      if (hostile) {
        connection.close();
        connection = await Connection.open(state.port);
      }
    }
  }
  connection.close();
  return outcome;
}

/**
 * @param {import('./generate.js').Generated} request
 * @param {import('./connection.js').Answer | undefined} answer
 * @param {Set<string>} fresh - All fresh ids so far.
 * @returns {'adopted' | 'fresh' | 'refused'}
 */
function judge(request, answer, fresh) {
  /** @type {(problem: string) => never} */
  const wrong = (problem) =>
    fail(
      `${problem}\nsent: ${JSON.stringify(request.bytes.slice(0, 2000))}\ngot: ${JSON.stringify(answer)}`,
    );
  if (request.isHostile && (answer === undefined || answer.status !== 200)) return 'refused';
  if (answer === undefined) wrong('no answer');
  if (answer.status !== 200) wrong(`status ${answer.status}`);
  const echoed = [...answer.head.matchAll(/\r\nx-request-id: ([^\r\n]*)/gi)].map(([, id]) => id);
  const [id = ''] = echoed;
  if (echoed.length !== 1) wrong(`${echoed.length} ids echoed`);
  if (id !== answer.body) wrong('the id echoed is not that of the context');
  if (/\r\nx-evil/i.test(answer.head)) wrong('the head was split');
  if (!allowed.test(id)) wrong('the id is not in the allow-list');

  const sent = request.lines.map(([name, value]) => [name.toLowerCase(), withoutBlanks(value)]);
  const own = sent.filter(([name]) => name === 'x-request-id');
  const [only] = own.length === 1 && !request.isHostile ? own : [];
  if (only !== undefined && allowed.test(only[1] ?? '') && id !== only[1])
    wrong('a fit id was not adopted');
  if (sent.some(([, value]) => value?.includes(id))) return 'adopted';
  if (!uuid.test(id)) wrong('the id is neither one that was sent nor a fresh one');
  if (fresh.has(id)) wrong('the fresh id was given out before');
  fresh.add(id);
  return 'fresh';
}

/**
 * A header's value as a parser takes it: blanks and tabs around it do not belong to it.
 *
 * @param {string} value
 */
function withoutBlanks(value) {
  let start = 0;
  let end = value.length;
  while (start < end && ' \t'.includes(value.charAt(start))) start += 1;
  while (end > start && ' \t'.includes(value.charAt(end - 1))) end -= 1;
  return value.slice(start, end);
}

/**
 * Checks the lines of a server's log as they come: JSON and plain ones by turns.
 *
 * @param {import('node:child_process').ChildProcess} server
 */
function watchLog(server) {
  /** @type {Error | undefined} */
  let problem;
  let wake = () => {};
  const log = {
    count: 0,
    /** @param {number} expected */
    async until(expected) {
      while (problem === undefined && log.count < expected) {
        await new Promise((resolve) => {
          wake = () => resolve(undefined);
        });
      }
      if (problem !== undefined) throw problem;
    },
  };
  let id = '';
  const reader = createInterface({
    input: /** @type {import('node:stream').Readable} */ (server.stdout),
  });
  reader.on('line', (line) => {
    const isJson = log.count % 2 === 0;
    log.count += 1;
    try {
      const [requestId, rejected] = isJson ? fromJson(line) : fromPlain(line);
      const isGood = allowed.test(requestId) && rejected.length <= 128;
      if (!isGood || !(rejected === '-' || escaped.test(rejected))) throw new Error('not escaped');
      if (!isJson && requestId !== id) throw new Error('two lines of one request differ');
      id = requestId;
    } catch (error) {
      problem ??= new Error(`log line ${JSON.stringify(line)}`, { cause: error });
    }
    wake();
  });
  reader.on('close', () => {
    problem ??= new Error('the log ended');
    wake();
  });
  return log;
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
 * @param {Outcome} a
 * @param {Outcome} b
 * @returns {Outcome}
 */
function add(a, b) {
  return {
    requests: a.requests + b.requests,
    adopted: a.adopted + b.adopted,
    fresh: a.fresh + b.fresh,
    refused: a.refused + b.refused,
    lines: 0,
  };
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  throw new Error(message);
}
