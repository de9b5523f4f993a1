import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { uuid } from '../../../tests/kit/uuid.js';

const run = promisify(execFile);
const folder = join(import.meta.dirname, '..');

/**
 * Returns the lines that a program prints, by their ids, in the order of each id's first line.
 *
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 */
async function printed(args, env = {}) {
  const options = { cwd: folder, env: { ...process.env, ...env } };
  const { stdout, stderr } = await run(process.execPath, args, options);
  expect(stderr).toBe('');
  /** @type {Map<string, string[]>} */
  const lines = new Map();
  for (const line of stdout.trimEnd().split('\n')) {
    const [id = '', ...words] = line.split(' ');
    lines.set(id, [...(lines.get(id) ?? []), words.join(' ')]);
  }
  return lines;
}

/**
 * Runs a program. A child process that it forks has no part of its command line, as it would have of `--input-type`.
 *
 * @param {string} program
 */
const program = (program) =>
  printed([
    '-e',
    `(async () => {
      const { context, getRequestId } = await import('@request-context/core');
      ${program}
    })();`,
  ]);

/** Expects what the requests `id-0` to `id-299` print, each in any order. @param {Map<string, string[]>} lines */
function expectOf300(lines) {
  expect(lines.size).toBe(300);
  for (let n = 0; n < 300; n += 1) {
    const printed = [`squaring ${n}`, `the result is ${n * n}`];
    expect(lines.get(`id-${n}`)?.sort()).toEqual(printed);
  }
}

describe('worker.js', () => {
  it('log 300 messages and results, each under the id of its request', async () => {
    const lines = await program(`
      const { square } = await context.run({ requestId: 'opener' }, () => import('./recipes/worker.js'));
      for (let n = 0; n < 300; n += 1) context.run({ requestId: 'id-' + n }, () => square(n));
      // The worker's lines come over process.stdout here.
      const { write } = process.stdout;
      let left = 600;
      process.stdout.write = (chunk, ...rest) => {
        left -= String(chunk).split('\\n').length - 1;
        const isWritten = write.call(process.stdout, chunk, ...rest);
        if (left === 0) write.call(process.stdout, '', () => process.exit());
        return isWritten;
      };`);
    expectOf300(lines);
  });
});

describe('piscina.js', () => {
  it('run 300 tasks, each under the id of its request', async () => {
    const lines = await program(`
      const { pool, square } = await context.run({ requestId: 'opener' }, () => import('./recipes/piscina.js'));
      const tasks = Array.from({ length: 300 }, (_, n) => context.run({ requestId: 'id-' + n }, async () => {
        const result = await square(n);
        return getRequestId() + ' the result is ' + result;
      }));
      const results = await Promise.all(tasks);
      await pool.close();
      for (const line of results) console.log(line);`);
    expectOf300(lines);
  });

  it('transfer memory', async () => {
    const lines = await program(`
      const { pool } = await import('./recipes/piscina.js');
      const { wrapMessage } = await import('@request-context/propagation/worker-threads');
      const pixels = new Uint8Array(3);
      await context.run({ requestId: 'myid' }, () =>
        pool.run(wrapMessage(pixels), { transferList: [pixels.buffer] }));
      await pool.close();
      console.log('length ' + pixels.byteLength);`);
    expect(Object.fromEntries(lines)).toEqual({ myid: ['squaring 0,0,0'], length: ['0'] });
  });

  it('run a task of no request under a fresh id', async () => {
    const lines = await program(`
      const { pool, square } = await context.run({ requestId: 'opener' }, () => import('./recipes/piscina.js'));
      await square(3);
      await pool.close();`);
    expect([...lines]).toEqual([[expect.stringMatching(uuid), ['squaring 3']]]);
  });
});

describe('child-process.js', () => {
  it("log what a child process does under the request's id", async () => {
    const lines = await program(`
      const { square } = await import('./recipes/child-process.js');
      for (const [n, requestId] of ['one', 'two'].entries()) context.run({ requestId }, () => square(n));`);
    const printed = (/** @type {number} */ n) => [
      'child started',
      `squaring ${n}`,
      `the result is ${n}`,
    ];
    expect(Object.fromEntries(lines)).toEqual({ one: printed(0), two: printed(1) });
  });
});

describe('cli.js', () => {
  const printedByCli = ['import started', 'counting rows', 'import finished'];

  it('log the id of the environment, and pass it to its child', async () => {
    const lines = await printed(['recipes/cli.js'], { X_REQUEST_ID: 'myid' });
    expect([...lines]).toEqual([['myid', printedByCli]]);
  });

  it.each(['', 'forged id'])('log a fresh id where the environment holds "%s"', async (id) => {
    const lines = await printed(['recipes/cli.js'], { X_REQUEST_ID: id });
    expect([...lines]).toEqual([[expect.stringMatching(uuid), printedByCli]]);
  });
});

describe('cron.js', () => {
  it('run each time under a fresh id, never under that of the request that scheduled it', async () => {
    const lines = await program(`
      const { scheduleReport } = await import('./recipes/cron.js');
      context.run({ requestId: 'scheduler' }, () => {
        const task = scheduleReport('* * * * * *');
        let runs = 0;
        task.on('execution:finished', () => {
          runs += 1;
          if (runs === 2) task.destroy();
        });
      });`);
    expect(lines.size).toBe(2);
    for (const [id, printed] of lines) {
      expect(id).toMatch(uuid);
      expect(printed).toEqual(['report started', 'report finished']);
    }
  });
});

describe('poller.js', () => {
  it('poll each time under a fresh id, never under that of the request that started it', async () => {
    const lines = await program(`
      const { startPolling } = await import('./recipes/poller.js');
      const controller = new AbortController();
      const batches = [['order 1', 'order 2'], []];
      async function fetchOrders() {
        const batch = batches.shift();
        if (batches.length === 0) controller.abort();
        return batch;
      }
      await context.run({ requestId: 'starter' }, () => startPolling(fetchOrders, controller.signal));`);
    expect([...lines]).toEqual([
      [expect.stringMatching(uuid), ['polling', 'found order 1', 'found order 2']],
      [expect.stringMatching(uuid), ['polling']],
    ]);
  });
});
