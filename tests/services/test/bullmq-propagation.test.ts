import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { context, getRequestId } from '@request-context/core';
import { requestContextTelemetry, withRequestContext } from '@request-context/propagation/bullmq';
import type { Job, Queue, Telemetry } from 'bullmq';
import type * as bullmq5 from 'bullmq5';
import { afterEach, describe, expect, inject, it } from 'vitest';
import {
  type Attempt,
  type Bench,
  completed,
  connection,
  createBench,
  inRequest,
  majors,
  recorder,
} from '../src/bullmq-bench.ts';
import { absence, services } from '../src/services.ts';

declare module '@request-context/core' {
  interface ContextValues {
    tenant: unknown;
  }
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const isAbsent = inject('absentServices').includes('redis');

/** The ids that all attempts saw, in order. */
const idsOf = (attempts: readonly Attempt[]) => attempts.map(({ requestId }) => requestId);

/** Returns options that replace the bench's telemetry. */
const optional = (telemetry: Telemetry | false) =>
  telemetry ? { telemetry } : ({ telemetry: undefined } as object);

describe.skipIf(isAbsent).each(majors)(
  isAbsent ? absence(services.redis) : '%s',
  (major, bullmq) => {
    const benches: Bench[] = [];
    const bench: typeof createBench = (...args) => {
      const created = createBench(...args);
      benches.push(created);
      return created;
    };

    afterEach(async () => {
      for (const each of benches.splice(0)) await each.close();
    });

    describe('with requestContextTelemetry()', () => {
      it('give a job the id of the request that adds it, and keep it after `waitUntilFinished`', async () => {
        const { queue, worker, events } = bench(bullmq);
        const { processor, attempts } = recorder();
        worker(processor);
        const ended = await events();
        const result = await inRequest('adder', async () => {
          const job = await queue().add('one', {});
          const value = await job.waitUntilFinished(ended);
          return [value, getRequestId()];
        });
        expect(result).toEqual(['adder', 'adder']);
        expect(attempts).toEqual([{ job: 'one', requestId: 'adder' }]);
      });

      it('give each of 240 jobs its own id, ten at a time', async () => {
        const { queue, worker } = bench(bullmq);
        const { processor, attempts } = recorder();
        const adding = queue();
        const names = Array.from({ length: 240 }, (_, index) => `job-${index}`);
        const consumer = worker(processor, { concurrency: 10 });
        const end = completed(consumer, names.length);
        await Promise.all(names.map((name) => inRequest(name, () => adding.add(name, {}))));
        await end;
        expect(attempts).toHaveLength(names.length);
        expect(attempts.filter(({ job, requestId }) => job !== requestId)).toEqual([]);
      });

      it('give jobs of addBulk() and of flows, children included, the id of who adds them', async () => {
        const { name, queue, flow, worker } = bench(bullmq);
        const { processor, attempts } = recorder();
        const node = (job: string) => ({ name: job, queueName: name, opts: {} });
        const producer = flow();
        await inRequest('bulk', () =>
          queue().addBulk([
            { name: 'first', data: {} },
            { name: 'second', data: {} },
          ]),
        );
        await inRequest('flow', () =>
          producer.add({ ...node('parent'), children: [node('child'), node('child')] }),
        );
        await inRequest('flows', () => producer.addBulk([node('alone'), node('alone')]));
        await completed(worker(processor), 7);
        const seen = attempts.map(({ job, requestId }) => `${job} ${requestId}`).sort();
        expect(seen).toEqual([
          'alone flows',
          'alone flows',
          'child flow',
          'child flow',
          'first bulk',
          'parent flow',
          'second bulk',
        ]);
      });

      it('keep the id of a job that is delayed', async () => {
        const { queue, worker } = bench(bullmq);
        const { processor, attempts } = recorder();
        const consumer = worker(processor);
        await inRequest('earlier', () => queue().add('later', {}, { delay: 50 }));
        await completed(consumer, 1);
        expect(idsOf(attempts)).toEqual(['earlier']);
      });

      it.each([
        ['at once', undefined],
        ['after a pause', 10],
      ])('keep the id, the parent and the keys over attempts %s', async (_, backoff) => {
        const { queue, worker } = bench(bullmq, { keys: ['tenant'] });
        const { processor, attempts } = recorder(2);
        const consumer = worker(processor);
        const values = { requestId: 'adder', parentRequestId: 'grand', tenant: 'acme, inc' };
        const opts = { attempts: 3, ...(backoff !== undefined && { backoff }) };
        await context.run(values, () => queue().add('flaky', {}, opts));
        await completed(consumer, 1);
        expect(attempts).toEqual(Array(3).fill({ job: 'flaky', ...values }));
      });

      it('give a job that is added outside of any request one fresh id for all attempts', async () => {
        const { queue, worker } = bench(bullmq);
        const { processor, attempts } = recorder(1);
        const adding = queue();
        const consumer = worker(processor);
        const end = completed(consumer, 2);
        await adding.add('first', {}, { attempts: 2 });
        await adding.add('second', {}, { attempts: 2 });
        await end;
        const ids = new Set(idsOf(attempts));
        expect(attempts).toHaveLength(4);
        expect(ids.size).toBe(2);
        for (const id of ids) expect(id).toMatch(uuid);
        expect(attempts[0]).not.toHaveProperty('parentRequestId');
      });

      it('keep the id when a worker crashes and another one takes its job', async () => {
        const { queue, worker } = bench(bullmq, { id: 'child' });
        const attempts: Attempt[] = [];
        let isTaken = () => {};
        const taken = new Promise<void>((resolve) => {
          isTaken = resolve;
        });
        const crashing = worker(
          async (job) => {
            attempts.push({ job: job.name, ...context.toObject() });
            isTaken();
            // It never ends, and its lock expires.
            await new Promise(() => {});
          },
          { lockDuration: 100, skipLockRenewal: true, skipStalledCheck: true },
        );
        await inRequest('adder', () => queue().add('stalled', {}));
        await taken;
        await crashing.close(true);
        const { processor, attempts: later } = recorder();
        const rescuer = inRequest('opener', () => worker(processor, { stalledInterval: 50 }));
        const checks: unknown[] = [];
        rescuer.on('stalled', () => checks.push(getRequestId()));
        await completed(rescuer, 1);
        // BullMQ 5 has no way to leave the scope of who opened the Worker.
        expect(checks).toEqual([major === 'BullMQ 5' ? 'opener' : undefined]);
        expect(later).toEqual(attempts);
        expect(later[0]).toMatchObject({ parentRequestId: 'adder' });
      });

      it('respect `omitContext`: the job has a fresh id', async () => {
        const { name, queue, flow, worker } = bench(bullmq);
        const { processor, attempts } = recorder();
        const consumer = worker(processor);
        const end = completed(consumer, 3);
        const opts = { telemetry: { omitContext: true } };
        await inRequest('adder', async () => {
          const adding = queue();
          await adding.add('one', {}, opts);
          await adding.addBulk([{ name: 'two', data: {}, opts }]);
          await flow().add({ name: 'three', queueName: name, opts });
        });
        await end;
        expect(new Set(idsOf(attempts)).size).toBe(3);
        for (const id of idsOf(attempts)) expect(id).toMatch(uuid);
      });

      it('never run a job in the scope of who opened the Worker or the Queue', async () => {
        const { queue, worker, flow, name } = bench(bullmq);
        const { processor, attempts } = recorder(1);
        const [adding, consumer, producer] = inRequest('opener', () => [
          queue(),
          worker(processor),
          flow(),
        ]);
        const end = completed(consumer, 2);
        await adding.add('outside', {}, { attempts: 2 });
        await producer.add({ name: 'without opts', queueName: name }).catch(String);
        await inRequest('adder', () => adding.add('inside', {}, { attempts: 2 }));
        await end;
        expect(idsOf(attempts)).not.toContain('opener');
        expect(attempts.filter(({ job }) => job === 'inside')).toEqual(
          Array(2).fill({ job: 'inside', requestId: 'adder' }),
        );
      });

      it("emit `completed` and `failed` with the job's id", async () => {
        const { queue, worker } = bench(bullmq);
        const { processor } = recorder(1);
        const consumer = worker(processor, { concurrency: 5 });
        const seen: unknown[] = [];
        consumer.on('failed', (job) => seen.push(['failed', job?.name, getRequestId()]));
        consumer.on('completed', (job) => seen.push(['completed', job.name, getRequestId()]));
        const end = completed(consumer, 20);
        const adding = queue();
        const names = Array.from({ length: 20 }, (_, index) => `job-${index}`);
        await Promise.all(
          names.map((name) => inRequest(name, () => adding.add(name, {}, { attempts: 2 }))),
        );
        await end;
        const expected = names.flatMap((name) => [
          ['completed', name, name],
          ['failed', name, name],
        ]);
        expect(seen.map(String).sort()).toEqual(expected.map(String).sort());
      });
    });

    describe("with id: 'child'", () => {
      it('give each job a fresh id, kept over attempts, and the id of who added it as parent', async () => {
        const { queue, worker } = bench(bullmq, { id: 'child' });
        const { processor, attempts } = recorder(1);
        const adding = queue();
        const consumer = worker(processor);
        const end = completed(consumer, 3);
        await inRequest('adder', async () => {
          await adding.add('a', {}, { attempts: 2 });
          await adding.addBulk([
            { name: 'b', data: {}, opts: { attempts: 2 } },
            { name: 'c', data: {}, opts: { attempts: 2 } },
          ]);
        });
        await end;
        for (const name of ['a', 'b', 'c']) {
          const [first, second] = attempts.filter(({ job }) => job === name);
          expect(second).toEqual(first);
          expect(first).toMatchObject({
            parentRequestId: 'adder',
            requestId: expect.stringMatching(uuid),
          });
        }
        expect(new Set(idsOf(attempts)).size).toBe(3);
      });
    });

    describe('a scheduler', () => {
      const runs = 3;

      async function schedule(adding: Queue, options?: object): Promise<void> {
        await adding.upsertJobScheduler('tick', { every: 40 }, { name: 'tick', ...options });
      }

      it.each(['same', 'child'] as const)(
        "give each run a fresh id, kept over attempts, and its maker's as parent, with id: '%s'",
        async (id) => {
          const { queue, worker } = bench(bullmq, { id, keys: ['tenant'] });
          const { processor, attempts } = recorder(1);
          const adding = queue();
          const consumer = worker(processor);
          const end = completed(consumer, runs);
          const values = { requestId: 'maker', parentRequestId: 'grand', tenant: 'acme' };
          await context.run(values, () => schedule(adding, { opts: { attempts: 2 } }));
          await end;
          await adding.removeJobScheduler('tick');
          const idsByRun = new Map<unknown, unknown[]>();
          for (const { run, ...attempt } of attempts) {
            expect(attempt).toEqual({
              job: 'tick',
              requestId: expect.stringMatching(uuid),
              parentRequestId: 'maker',
              tenant: 'acme',
            });
            idsByRun.set(run, [...(idsByRun.get(run) ?? []), attempt.requestId]);
          }
          const ids = Array.from(idsByRun.values(), (each) => new Set(each));
          expect(ids.filter(({ size }) => size !== 1)).toEqual([]);
          expect(new Set(idsOf(attempts)).size).toBe(idsByRun.size);
          const retried = [...idsByRun.values()].filter(({ length }) => length === 2);
          expect(retried.length).toBeGreaterThanOrEqual(runs);
        },
      );

      it('give the runs no parent when it is made outside of any request', async () => {
        const { queue, worker } = bench(bullmq);
        const { processor, attempts } = recorder();
        const adding = queue();
        const consumer = worker(processor);
        const end = completed(consumer, runs);
        await schedule(adding);
        await end;
        await adding.removeJobScheduler('tick');
        expect(new Set(idsOf(attempts)).size).toBe(attempts.length);
        for (const attempt of attempts) {
          expect(attempt).toEqual({
            job: 'tick',
            run: attempt.run,
            requestId: expect.stringMatching(uuid),
          });
        }
      });

      it('never name the job that a worker had before the run as parent', async () => {
        const { name, queue, worker } = bench(bullmq);
        const { processor, attempts } = recorder();
        const adding = queue();
        const others = Array.from({ length: 20 }, () => ({ name: 'other', data: {} }));
        await inRequest('other', () => adding.addBulk(others));
        // Made by a Queue without this telemetry. The Worker makes the next run when it takes one, right after another job.
        const plain = new bullmq.Queue(name, { connection });
        await schedule(plain);
        await plain.close();
        await completed(worker(processor), others.length + runs);
        await adding.removeJobScheduler('tick');
        const ticks = attempts.filter(({ job }) => job === 'tick');
        expect(ticks.length).toBeGreaterThanOrEqual(runs);
        expect(ticks.filter((tick) => 'parentRequestId' in tick)).toEqual([]);
        expect(idsOf(ticks)).not.toContain('other');
      });

      it.runIf(major === 'BullMQ 5')(
        'give each run of a repeated job a fresh id and a parent',
        async () => {
          const repeat = { repeat: { every: 40, limit: runs } };
          const { queue, worker } = bench(bullmq);
          const { processor, attempts } = recorder();
          const adding = queue();
          const consumer = worker(processor);
          const end = completed(consumer, runs);
          await inRequest('maker', () => adding.add('tick', {}, repeat as object));
          await end;
          expect(new Set(idsOf(attempts)).size).toBe(runs);
          expect(new Set(attempts.map(({ parentRequestId }) => parentRequestId))).toEqual(
            new Set(['maker']),
          );
        },
      );
    });

    describe('metadata that anyone can have written', () => {
      const id = 'x'.repeat(129);
      const forged: readonly (readonly [title: string, metadata: unknown])[] = [
        ['null', null],
        ['a number', 17],
        ['an object', { requestContext: { headers: { 'X-Request-ID': 'forged' } } }],
        ['an empty object', '{}'],
        ['null as JSON', 'null'],
        ['an array', '[]'],
        ['no JSON', 'traceparent: {'],
        ['10 MB', JSON.stringify({ requestContext: { seed: 's', pad: 'a'.repeat(10_000_000) } })],
        ['10 MB of no JSON', 'a'.repeat(10_000_000)],
        ['null as ours', JSON.stringify({ requestContext: null })],
        ['a string as ours', JSON.stringify({ requestContext: 'id' })],
        ['an id with spaces', metadataWith({ 'X-Request-ID': 'a b' })],
        ['an id that is too long', metadataWith({ 'X-Request-ID': id })],
        ['two ids', metadataWith({ 'X-Request-ID': ['a', 'b'] })],
        ['an id of a wrong type', metadataWith({ 'X-Request-ID': { id: 1 } })],
        ['headers of a wrong type', metadataWith(7)],
      ];

      function metadataWith(headers: unknown): string {
        return JSON.stringify({
          requestContext: { headers, parent: 'a\nb', seed: {}, id: 1, late: 1 },
        });
      }

      it.each(forged)(
        'run the job under one fresh id for all attempts: %s',
        async (_, metadata) => {
          const { name, worker } = bench(bullmq);
          const { processor, attempts } = recorder(1);
          const plain = new bullmq.Queue(name, { connection });
          const opts = { attempts: 2, telemetry: { metadata } } as object;
          await plain.add('forged', {}, opts);
          await plain.close();
          await completed(worker(withRequestContext(processor)), 1);
          expect(attempts).toHaveLength(2);
          expect(attempts[1]).toEqual(attempts[0]);
          expect(attempts[0]).toEqual({ job: 'forged', requestId: expect.stringMatching(uuid) });
        },
      );

      it('leave out a parent that is no valid id', async () => {
        const { name, worker } = bench(bullmq);
        const { processor, attempts } = recorder();
        const plain = new bullmq.Queue(name, { connection });
        const metadata = metadataWith({ 'x-request-id': 'valid' });
        await plain.add('forged', {}, { telemetry: { metadata } });
        await plain.close();
        await completed(worker(processor), 1);
        expect(attempts).toEqual([{ job: 'forged', requestId: 'valid' }]);
      });
    });

    describe('with withRequestContext()', () => {
      it.each([
        ['and the telemetry', true],
        ['alone', false],
      ])(
        "run a flow's node without `opts` under a fresh id, never its opener's, %s",
        async (_, isBoth) => {
          const { name, flow, worker, telemetry } = bench(bullmq);
          const { processor, attempts } = recorder();
          const consumer = inRequest('opener', () =>
            worker(withRequestContext(processor), optional(isBoth && telemetry)),
          );
          const seen: unknown[] = [];
          consumer.on('completed', () => seen.push(getRequestId()));
          const end = completed(consumer, 3);
          await inRequest('adder', () =>
            flow().add({
              name: 'parent',
              queueName: name,
              opts: {},
              children: [
                { name: 'bare', queueName: name },
                { name: 'bare', queueName: name },
              ],
            }),
          );
          await end;
          const bare = idsOf(attempts.filter(({ job }) => job === 'bare'));
          expect(new Set(bare).size).toBe(2);
          for (const id of bare) expect(id).toMatch(uuid);
          expect(seen).toEqual([...bare, 'adder']);
        },
      );

      it.each([
        ['and the telemetry', true],
        ['alone', false],
      ])('keep what the processor wrote to the scope for `completed`, %s', async (_, isBoth) => {
        const { queue, worker, telemetry } = bench(bullmq);
        const processor = withRequestContext(async () => context.set('tenant', 'acme'));
        const consumer = worker(processor, optional(isBoth && telemetry));
        const seen = new Promise((resolve) =>
          consumer.on('completed', () => resolve(context.toObject())),
        );
        await inRequest('adder', () => queue().add('one', {}));
        expect(await seen).toEqual({ requestId: 'adder', tenant: 'acme' });
      });

      it.each([
        ['and the telemetry', true],
        ['alone', false],
      ])('emit each event with the id of its job, or with none, %s', async (_, isBoth) => {
        const { queue, worker, telemetry } = bench(bullmq);
        const processor = withRequestContext(async (job: Job) => {
          await job.updateProgress(50);
          if (job.attemptsMade === 0) throw new Error('fails once more');
        });
        const adding = queue();
        const add = (name: string) => inRequest(name, () => adding.add(name, {}, { attempts: 2 }));
        const consumer = inRequest('opener', () =>
          worker(processor, {
            concurrency: 3,
            ...optional(isBoth && telemetry),
          }),
        );
        // The first job makes the processor known to the Worker.
        await Promise.all([completed(consumer, 1), add('first')]);
        const wrong: string[] = [];
        const counts = { active: 0, progress: 0, completed: 0, failed: 0, drained: 0, error: 0 };
        for (const event of ['active', 'progress', 'completed', 'failed'] as const) {
          consumer.on(event as 'active', (job) => {
            counts[event] += 1;
            if (job.name !== getRequestId()) wrong.push(`${event} ${job.name}: ${getRequestId()}`);
          });
        }
        for (const event of ['drained', 'error'] as const) {
          consumer.on(event as 'drained', () => {
            counts[event] += 1;
            if (getRequestId() !== undefined) wrong.push(`${event}: ${getRequestId()}`);
          });
        }
        const end = completed(consumer, 30);
        const drained = once(consumer, 'drained');
        await Promise.all(Array.from({ length: 30 }, (_, index) => add(`job-${index}`)));
        await end;
        await drained;
        inRequest('other', () => consumer.emit('error', new Error('for the listener')));
        expect(wrong).toEqual([]);
        expect(counts).toMatchObject({
          active: 60,
          progress: 60,
          completed: 30,
          failed: 30,
          error: 1,
        });
      });

      it('give a listener the id of the job that it is called with', async () => {
        const { queue, worker } = bench(bullmq, { id: 'child' });
        const { processor, attempts } = recorder();
        const consumer = worker(processor);
        const seen: unknown[] = [];
        consumer.on(
          'active',
          withRequestContext((job: Job) => seen.push([job.name, getRequestId()])),
        );
        const end = completed(consumer, 5);
        const adding = queue();
        for (const name of ['a', 'b', 'c', 'd', 'e']) {
          await inRequest(name, () => adding.add(name, {}));
        }
        await end;
        expect(seen).toEqual(attempts.map(({ job, requestId }) => [job, requestId]));
      });

      it.each([
        ['a child process', false],
        ['a thread', true],
      ])(
        'give a sandboxed processor the id, the parent and the keys: %s',
        async (_, useWorkerThreads) => {
          const { queue, worker, events } = bench(bullmq, { id: 'child', keys: ['tenant'] });
          const file = new URL('../processors/report-id.mjs', import.meta.url);
          const consumer = worker(file, { useWorkerThreads });
          const seen: unknown[] = [];
          consumer.on('completed', () => seen.push(getRequestId()));
          const ended = await events();
          const adding = queue();
          for (const requestId of ['first', 'second']) {
            const end = completed(consumer, 1);
            const job = await inRequest(requestId, () => adding.add('sandboxed', {}));
            const values = await job.waitUntilFinished(ended);
            await end;
            expect(values).toMatchObject({ parentRequestId: requestId, requestId: seen.at(-1) });
          }
          expect(new Set(seen).size).toBe(2);
        },
      );
    });
  },
);

it("fit the options of BullMQ 5 and of BullMQ 6, and keep a processor's types", () => {
  const telemetry = requestContextTelemetry();
  const forFive: Pick<bullmq5.QueueOptions, 'telemetry'> = { telemetry };
  const forSix: Pick<import('bullmq').WorkerOptions, 'telemetry'> = { telemetry };
  const processor: import('bullmq').Processor<{ to: string }, number> = withRequestContext(
    async (job) => job.data.to.length,
  );
  const processorOfFive: bullmq5.Processor<{ to: string }, number> = withRequestContext(
    async (job, _token, _signal) => job.data.to.length,
  );
  expect([forFive.telemetry, forSix.telemetry]).toEqual([telemetry, telemetry]);
  expect([processor.length, processorOfFive.length]).toEqual([1, 3]);
});

it('show the file of a sandboxed processor in docs/jobs.md as it is tested', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/jobs.md'), 'utf8');
  const code = readFileSync(join(import.meta.dirname, '../processors/report-id.mjs'), 'utf8');
  expect(page).toContain(`\`\`\`js\n${code}\`\`\``);
});
