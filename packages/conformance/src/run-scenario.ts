import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Adapter, Exchange, Routes } from './contract.ts';
import { createClient } from './create-client.ts';
import type { Client, HttpScenario, ProbedExchange } from './http-scenario.ts';
import { type Probe, record, takeProbes } from './probes.ts';
import { startServer } from './start-server.ts';

/** The number of clients that a scenario runs side by side: a multiple of 8, as scenarios group them. */
const defaultClients = 24;

/** Milliseconds to wait for probes after the last response, such as those of 'close'. */
const defaultProbeTimeout = 3_000;

/** Milliseconds to wait for probes after a client has failed: they only help to explain why. */
const probeTimeoutAfterFailure = 500;

/** The number of a scenario's probes by what they saw. */
export interface Tally {
  /** The request's own id. */
  right: number;
  /** No id where the request's own should have been. */
  lost: number;
  /** The id of another request. */
  foreign: number;
}

/** Options of {@link runScenario}. */
export interface RunOptions {
  /** Counts the probes, in a scenario that fails too. @default a fresh one */
  readonly tally?: Tally;
  /** The maximum number of clients: a multiple of 8. @default 24 */
  readonly clients?: number;
  /** Milliseconds to wait for probes after the last response. @default 3000 */
  readonly probeTimeout?: number;
}

/** Returns whether the adapter's server has all that a scenario needs. */
export function appliesTo({ needs = [] }: HttpScenario, { lacks = {} }: Adapter): boolean {
  return needs.every((feature) => lacks[feature] === undefined);
}

/**
 * Runs a scenario against an adapter, with a real server on a real socket.
 *
 * @throws {AssertionError} when a probe is missing, lost or foreign, or a response is wrong
 */
export async function runScenario(
  scenario: HttpScenario,
  adapter: Adapter,
  options: RunOptions = {},
): Promise<void> {
  const teardown = await scenario.prepare?.();
  try {
    await runPrepared(scenario, adapter, options);
  } finally {
    await teardown?.();
  }
}

async function runPrepared(
  scenario: HttpScenario,
  adapter: Adapter,
  {
    tally = { right: 0, lost: 0, foreign: 0 },
    clients: limit = defaultClients,
    probeTimeout = defaultProbeTimeout,
  }: RunOptions,
): Promise<void> {
  const { clients: wanted = defaultClients, fails } = scenario;
  // A scenario that must fail keeps all its clients: with few, it might pass by chance.
  const clients = fails === undefined ? Math.min(limit, wanted) : wanted;
  const start = () => startServer(adapter, withProbes(scenario.routes), scenario.setup);
  if (scenario.rejects !== undefined) {
    const started = async () => (await start()).close();
    return assert.rejects(started, scenario.rejects, 'the server starts');
  }
  const server = await (scenario.startIn?.(start) ?? start());
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
    const wait =
      failures.length === 0 ? probeTimeout : Math.min(probeTimeout, probeTimeoutAfterFailure);
    const recorded = await collect(ids, scenario.probes, wait);
    const problems = ids.flatMap((id) => count(id, recorded.get(id) ?? [], scenario.probes, tally));
    if (problems.length > 0) {
      const reasons = new Set(failures.map((failure) => describe(failure, ids)));
      assert.deepEqual([...reasons, ...problems], [], `${scenario.title}: ${adapter.name}`);
    }
    if (failures.length > 0) throw failures[0];
    await scenario.after?.();
  } finally {
    agent.destroy();
    await server.close();
  }
}

/** Returns the routes for an adapter: each adds the client's id and `probe` to its exchange. */
function withProbes(routes: HttpScenario['routes']): Routes {
  return Object.fromEntries(
    Object.entries(routes).map(([key, route]) => [key, (x) => route(toProbed(x))]),
  ) as Routes;
}

function toProbed(x: Exchange): ProbedExchange {
  const id = String(x.headers['x-request-id']);
  return {
    id,
    headers: x.headers,
    // Undefined where the server lacks `node`: a scenario that uses them says that it needs it.
    req: x.req as ProbedExchange['req'],
    res: x.res as ProbedExchange['res'],
    body: x.body,
    probe: (label) => record(id, label),
    send: (response) => x.send(response),
    redirect: (path) => x.redirect(path),
    stream: (body) => x.stream(body),
    takeOver: () => x.takeOver?.() as ProbedExchange['res'],
  };
}

async function visit(scenario: HttpScenario, client: Client): Promise<void> {
  if (scenario.visit !== undefined) return void (await scenario.visit(client));
  const { status, body } = await client.send('/');
  assert.equal(status, 200, body);
}

/** Waits for the labels that must be there, and returns all that was recorded. */
async function collect(
  ids: string[],
  labels: readonly string[],
  wait: number,
): Promise<Map<string, Probe[]>> {
  const recorded = new Map<string, Probe[]>(ids.map((id) => [id, []]));
  const deadline = Date.now() + wait;
  for (;;) {
    for (const [id, probes] of recorded) probes.push(...takeProbes(id));
    const isComplete = [...recorded.values()].every((probes) =>
      labels.every((label) => probes.some((probe) => probe.label === label)),
    );
    if (isComplete || Date.now() > deadline) return recorded;
    await delay(5);
  }
}

/** Returns why a client failed, in a line without its id: the same for all clients that failed alike. */
function describe(failure: unknown, ids: readonly string[]): string {
  const [line = ''] = String(failure).split('\n');
  const id = ids.findLast((each) => line.includes(each));
  return `client: ${id === undefined ? line : line.replaceAll(id, 'its id')}`;
}

/** Counts a request's probes, and returns what is wrong with them. */
function count(
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
