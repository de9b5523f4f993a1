import assert from 'node:assert/strict';
import { mean, shuffle } from 'simple-statistics';
import { Child } from '../../tests/kit/child.js';
import { pairedRatio, spreadOf } from '../support/statistics.js';
import { loadFramework } from './variants.js';

/** Requests before the first round, enough for V8 to compile the code and for the heap to reach its size. */
const warmUp = 30_000;

/** @typedef {import('../support/statistics.js').Spread} Spread */

/**
 * @typedef {object} Row
 * @property {string} variant
 * @property {Spread} cpu Microseconds of CPU time of the server's process for a request.
 * @property {Spread} cpuToBare
 * @property {Spread} cpuToNaive
 * @property {Spread} perSecond Requests per second.
 * @property {Spread} perSecondToBare
 * @property {Spread} perSecondToNaive
 */

/**
 * Measures all variants of a framework in sets of rounds. Each round runs each variant once, in random order. Each
 * set starts new processes, because no two processes of one variant are equally fast.
 *
 * @param {string} framework
 * @param {{ sets: number, rounds: number, amount: number, only: readonly string[], onSet: () => void }} options
 * @returns {Promise<Row[]>}
 */
export async function measureFramework(framework, { sets, rounds, amount, only, onSet }) {
  const { variants } = await loadFramework(framework);
  const names = Object.keys(variants).filter(
    (name) => only.length === 0 || isBase(name) || only.includes(name),
  );
  /** @type {Samples} */
  const samples = names.map(() => ({ cpu: [], perSecond: [] }));
  for (let set = 0; set < sets; set += 1) {
    await measureSet(framework, names, rounds, amount, samples);
    onSet();
  }
  const bare = samples[names.indexOf('bare')];
  const naive = meanOf(samples.filter((_, index) => names[index]?.startsWith('naive')));
  assert(bare !== undefined);
  return names.map((variant, index) => {
    const { cpu = [], perSecond = [] } = samples[index] ?? {};
    return {
      variant,
      cpu: spreadOf(cpu),
      cpuToBare: pairedRatio(cpu, bare.cpu),
      cpuToNaive: pairedRatio(cpu, naive.cpu),
      perSecond: spreadOf(perSecond),
      perSecondToBare: pairedRatio(perSecond, bare.perSecond),
      perSecondToNaive: pairedRatio(perSecond, naive.perSecond),
    };
  });
}

/** Returns whether a variant is a base that others are compared with. @param {string} name */
const isBase = (name) => name === 'bare' || name.startsWith('naive');

/** Returns the mean of several processes of one program, round by round. @param {Samples} samples */
function meanOf(samples) {
  /** @param {(of: Samples[number]) => number[]} values */
  const meansOf = (values) =>
    (samples[0]?.cpu ?? []).map((_, round) => mean(samples.map((of) => Number(values(of)[round]))));
  return { cpu: meansOf(({ cpu }) => cpu), perSecond: meansOf(({ perSecond }) => perSecond) };
}

/** @typedef {{ cpu: number[], perSecond: number[] }[]} Samples For each variant, the values of all rounds. */

/**
 * Measures one set of rounds.
 *
 * @param {string} framework
 * @param {readonly string[]} names
 * @param {number} rounds
 * @param {number} amount
 * @param {Samples} samples The set's values are added to them.
 */
async function measureSet(framework, names, rounds, amount, samples) {
  const load = new Child(new URL('./load.js', import.meta.url));
  const servers = names.map(
    (name) => new Child(new URL('./server.js', import.meta.url), [framework, name]),
  );

  /** @param {string} url @param {number} index @param {number} count */
  async function run(url, index, count) {
    const before = await servers[index]?.ask('usage');
    const { perSecond, problems } = await load.ask({ url, amount: count });
    const after = await servers[index]?.ask('usage');
    assert.equal(problems, 0, `${framework}, ${names[index]}: requests failed`);
    return { cpu: (after - before) / count, perSecond };
  }

  try {
    const urls = await Promise.all(servers.map((server) => server.reply()));
    const order = [...names.keys()];
    for (const index of order) {
      await checkResponses(urls[index], `${framework}, ${names[index]}`, names[index] !== 'bare');
    }
    for (const index of order) await run(urls[index], index, warmUp);
    for (let round = 0; round < rounds; round += 1) {
      for (const index of shuffle(order)) {
        const { cpu, perSecond } = await run(urls[index], index, amount);
        samples[index]?.cpu.push(cpu);
        samples[index]?.perSecond.push(perSecond);
      }
    }
  } finally {
    for (const child of [load, ...servers]) child.end();
  }
}

/**
 * Throws unless each of 50 concurrent requests gets its own id, sent or fresh, in the response's header and from the
 * handler: a server with wrong responses must not win.
 *
 * @param {string} url
 * @param {string} name
 * @param {boolean} hasIds Whether the server sets ids.
 */
async function checkResponses(url, name, hasIds) {
  const checks = Array.from({ length: 50 }, async (_, n) => {
    const sent = n % 2 === 0 ? `check-${n}` : undefined;
    const response = await fetch(
      url,
      sent === undefined ? {} : { headers: { 'X-Request-ID': sent } },
    );
    const body = await response.text();
    assert.equal(response.status, 200, name);
    if (!hasIds) return;
    assert.equal(body, sent ?? response.headers.get('X-Request-ID'), name);
    assert.equal(response.headers.get('X-Request-ID'), body, name);
    assert.match(body, /^[\w-]{7,36}$/, name);
  });
  await Promise.all(checks);
}
