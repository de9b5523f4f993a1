import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { context } from '@request-context/core';
import type { HttpScenario, ProbedExchange } from '../http-scenario.ts';
import { record } from '../probes.ts';

/** Returns a function that collects garbage: Bun's, the one of `--expose-gc`, or one created here. */
function findCollector(): () => void {
  const { Bun, gc } = globalThis as { Bun?: { gc(force: boolean): void }; gc?: () => void };
  if (Bun !== undefined) return () => Bun.gc(true);
  if (gc !== undefined) return gc;
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc');
}

/** The objects of the scenario's requests. */
let objects: Record<'req' | 'res' | 'value', WeakRef<object>[]>;
/** Timers that keep the scopes alive: one in each. */
let timers: NodeJS.Timeout[] = [];

function watch(x: ProbedExchange): void {
  const value = {};
  context.set('value' as never, value as never);
  objects.req.push(new WeakRef(x.req));
  objects.res.push(new WeakRef(x.res));
  objects.value.push(new WeakRef(value));
}

/** Collects garbage until few objects are alive, at most 30 times. Returns how many of each are. */
async function countAlive(...names: readonly (keyof typeof objects)[]): Promise<number[]> {
  const collect = findCollector();
  let counts: number[] = [];
  for (let round = 0; round < 30; round += 1) {
    // deref() keeps its object until the end of the turn.
    for (let turn = 0; turn < 3; turn += 1) await nextTurn();
    collect();
    counts = names.map((name) => objects[name].filter((ref) => ref.deref() !== undefined).length);
    if (counts.every((count) => count <= few)) break;
  }
  return counts;
}

/** The number of objects that may stay: the engine or a connection may refer to those of the last request. */
const few = 2;

async function assertCollected(...names: readonly (keyof typeof objects)[]): Promise<void> {
  const counts = await countAlive(...names);
  for (const [n, name] of names.entries()) {
    const count = counts[n] ?? 0;
    assert(count <= few, `${count} of ${objects[name].length} are kept: ${name}`);
  }
}

function prepare(): () => void {
  objects = { req: [], res: [], value: [] };
  timers = [];
  return () => {
    for (const timer of timers) clearInterval(timer);
  };
}

/** What is freed after a request. */
export const retentionScenarios: readonly HttpScenario[] = [
  {
    id: 'retention-request',
    title: 'hold neither req nor res while work goes on that was started in the scope',
    needs: ['node'],
    probes: ['handler', 'going on'],
    prepare,
    routes: {
      'GET /': (x) => {
        x.probe('handler');
        watch(x);
        timers.push(startWork(x.id));
        x.send();
      },
    },
    visit: (client) => client.send('/', { headers: { Connection: 'close' } }),
    after: () => assertCollected('req', 'res'),
  },
  {
    id: 'retention-scope',
    title: 'hold no value of a scope once the request is over',
    needs: ['node'],
    probes: ['handler'],
    prepare,
    routes: {
      'GET /': (x) => {
        x.probe('handler');
        watch(x);
        x.send();
      },
    },
    visit: (client) => client.send('/', { headers: { Connection: 'close' } }),
    after: () => assertCollected('req', 'res', 'value'),
  },
];

/** Starts work that outlives the request, and refers to nothing of it. */
function startWork(id: string): NodeJS.Timeout {
  return setInterval(record, 5, id, 'going on');
}
