import { readdirSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { isFor, runScenario } from './run-scenario.ts';
import type { Task } from './settle.ts';
import type { Adapter, HttpScenario } from './types.ts';
import { findUnsupported } from './unsupported.ts';

/** The scenarios of one family, for one adapter. */
export interface Row {
  readonly adapter: string;
  readonly family: string;
  readonly tasks: readonly Task[];
}

const adaptersFolder = new URL('./adapters/', import.meta.url);

/** The modules of adapters. Not by way of their index: one that a runtime cannot load is to take no other with it. */
const adapterModules: ReadonlyMap<string, URL> = new Map(
  readdirSync(adaptersFolder)
    .map((file): [string, URL] => [basename(file, extname(file)), new URL(file, adaptersFolder)])
    .filter(([name]) => name !== 'index')
    .sort(([a], [b]) => (a < b ? -1 : 1)),
);

/** What can be loaded and run by itself: the core's scenarios, and each module of adapters. */
export const groupNames: readonly string[] = ['core', ...adapterModules.keys()];

/** Loads a group, as far as the runtime can. */
export async function loadGroup(name: string, runtime: string): Promise<readonly Row[]> {
  const module = adapterModules.get(name);
  return module === undefined ? coreRows(runtime) : adapterRows(name, module, runtime);
}

async function coreRows(runtime: string): Promise<Row[]> {
  const { coreScenarios } = await import('./core.ts');
  const tasks = coreScenarios.map((scenario) => ({
    id: scenario.id,
    level: scenario.level,
    title: scenario.title,
    places: 0,
    run: () => scenario.run(),
    unsupported: findUnsupported(runtime, 'core', scenario.id),
  }));
  return [{ adapter: 'core', family: 'core', tasks }];
}

async function adapterRows(name: string, module: URL, runtime: string): Promise<Row[]> {
  let adapters: Adapter[];
  try {
    adapters = Object.values(await import(module.href))
      .flat()
      .filter(isAdapter);
  } catch (error) {
    return [{ adapter: name, family: 'load', tasks: [failedLoad(name, error, runtime)] }];
  }
  const { httpScenarios } = await import('./scenarios/index.ts');
  return adapters.flatMap((adapter) =>
    Object.entries(httpScenarios).flatMap(([family, scenarios]) => {
      const tasks = scenarios
        .filter((scenario) => isFor(scenario, adapter))
        .map((scenario) => httpTask(scenario, adapter, runtime));
      return tasks.length === 0 ? [] : [{ adapter: adapter.name, family, tasks }];
    }),
  );
}

function isAdapter(value: unknown): value is Adapter {
  return typeof value === 'object' && value !== null && 'name' in value && 'start' in value;
}

function failedLoad(name: string, error: unknown, runtime: string): Task {
  return {
    id: 'load',
    level: 'MUST',
    title: 'the framework can be loaded',
    places: 0,
    unsupported: findUnsupported(runtime, name, 'load'),
    run: () => Promise.reject(error),
  };
}

function httpTask(scenario: HttpScenario, adapter: Adapter, runtime: string): Task {
  const { id, level, title } = scenario;
  return {
    id,
    level,
    title,
    places: scenario.probes.length,
    frameworkReason: adapter.unsupported?.[id],
    unsupported: findUnsupported(runtime, adapter.name, id),
    run: (tally) => runScenario(scenario, adapter, tally),
  };
}
