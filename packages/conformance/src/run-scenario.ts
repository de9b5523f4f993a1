import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { createClient } from './client.ts';
import { type Probe, takeProbes } from './exchange.ts';
import type { Adapter, Client, HttpScenario } from './types.ts';

/** How many clients are at it side by side. */
const clients = 24;

/** How long probes may take to come in after the last answer, such as those of 'close'. */
const patience = 3_000;

/** The same, where a client has failed: then the probes only help to tell why. */
const patienceAfterFailure = 500;

/** How the probes of a scenario came out. */
export interface Tally {
  right: number;
  /** Nothing where the request's own id should have been. */
  lost: number;
  /** The id of another request. */
  foreign: number;
}

/** Whether a scenario is for the adapter's framework. */
export function isFor({ frameworks }: HttpScenario, adapter: Adapter): boolean {
  return frameworks?.some((framework) => adapter.name.startsWith(framework)) ?? true;
}

/**
 * Runs a scenario against an adapter, with a real server on a real socket.
 *
 * @param tally - Counts the probes, those of a scenario that fails too.
 * @throws {AssertionError} when a probe is missing, lost or foreign, or an answer is not as it must be
 */
export async function runScenario(
  scenario: HttpScenario,
  adapter: Adapter,
  tally: Tally = { right: 0, lost: 0, foreign: 0 },
): Promise<void> {
  const teardown = await scenario.prepare?.();
  try {
    await runPrepared(scenario, adapter, tally);
  } finally {
    await teardown?.();
  }
}

async function runPrepared(scenario: HttpScenario, adapter: Adapter, tally: Tally): Promise<void> {
  const server = await adapter.start(scenario.routes, scenario.setup);
  const agent = new Agent({ keepAlive: true, maxSockets: clients / 2 });
  const run = Math.random().toString(36).slice(2, 8);
  const ids = Array.from({ length: clients }, (_, n) => `${scenario.id}.${run}.${n}`);
  try {
    const visitors = ids.map((id) => createClient(server.url, id, agent));
    const visits = await Promise.allSettled(
      scenario.visitAll === undefined
        ? visitors.map((client) => visit(scenario, client))
        : [scenario.visitAll(visitors)],
    );
    const failures = visits.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
    const wait = failures.length === 0 ? patience : patienceAfterFailure;
    const noted = await collect(ids, scenario.probes, wait);
    const problems = ids.flatMap((id) => judge(id, noted.get(id) ?? [], scenario.probes, tally));
    if (problems.length > 0) {
      const reasons = new Set(failures.map((failure) => describe(failure, ids)));
      assert.deepEqual([...reasons, ...problems], [], `${scenario.title}: ${adapter.name}`);
    }
    if (failures.length > 0) throw failures[0];
    scenario.after?.();
  } finally {
    agent.destroy();
    await server.close();
  }
}

function visit(scenario: HttpScenario, client: Client): Promise<unknown> {
  return scenario.visit === undefined ? client.send('/') : scenario.visit(client);
}

/** Waits for the labels that must be there, and gives all that was noted. */
async function collect(
  ids: string[],
  labels: readonly string[],
  wait: number,
): Promise<Map<string, Probe[]>> {
  const noted = new Map<string, Probe[]>(ids.map((id) => [id, []]));
  const deadline = Date.now() + wait;
  for (;;) {
    for (const [id, probes] of noted) probes.push(...takeProbes(id));
    const isComplete = [...noted.values()].every((probes) =>
      labels.every((label) => probes.some((probe) => probe.label === label)),
    );
    if (isComplete || Date.now() > deadline) return noted;
    await delay(5);
  }
}

/** Why a client failed, in a line that is the same for all that failed so. */
function describe(failure: unknown, ids: readonly string[]): string {
  const [line = ''] = String(failure).split('\n');
  const id = ids.findLast((each) => line.includes(each));
  return `client: ${id === undefined ? line : line.replaceAll(id, 'its id')}`;
}

/** Counts a request's probes; says what is wrong with them. */
function judge(
  id: string,
  probes: readonly Probe[],
  labels: readonly string[],
  tally: Tally,
): string[] {
  const problems: string[] = [];
  for (const { label, actual } of probes) {
    if (actual === id) {
      tally.right += 1;
    } else if (actual === undefined) {
      tally.lost += 1;
      problems.push(`${label}: lost`);
    } else {
      tally.foreign += 1;
      problems.push(`${label}: foreign`);
    }
  }
  for (const label of labels) {
    if (!probes.some((probe) => probe.label === label)) problems.push(`${label}: never reached`);
  }
  return problems;
}
