import { readdirSync } from 'node:fs';
import { basename, extname } from 'node:path';
import {
  appliesTo,
  isAdapter,
  type RunOptions,
  type Task,
  taskFor,
} from '@request-context/conformance/engine';
import type { FrameworkAdapter, FrameworkScenario } from './framework-scenario.ts';
import { findUnsupported } from './unsupported.ts';

/** The scenarios of one family, for one adapter. */
export interface Row {
  readonly adapter: string;
  readonly family: string;
  readonly tasks: readonly Task[];
}

type CoreModule = typeof import('../../../packages/core/test/scenarios/core-scenarios.ts');

/** Core's scenarios, built beside this module. */
const coreModule = new URL('./core-scenarios.js', import.meta.url);

const adaptersFolder = new URL('./adapters/', import.meta.url);

/** The modules of adapters. Each is loaded separately, because a runtime may not be able to load one of them. */
const adapterModules: ReadonlyMap<string, URL> = new Map(
  readdirSync(adaptersFolder)
    .map((file): [string, URL] => [basename(file, extname(file)), new URL(file, adaptersFolder)])
    .filter(([name]) => name !== 'index')
    .map(([name, url]): [string, URL] => [name.replace('-adapters', ''), url])
    .sort(([a], [b]) => (a < b ? -1 : 1)),
);

/** The groups that can be loaded and run alone: core's scenarios, clients, and each module of adapters. */
export const groupNames: readonly string[] = ['core', 'clients', ...adapterModules.keys()];

/**
 * Loads a group. If the runtime cannot load an adapter's module, returns a task that fails.
 *
 * @param options - How to run its scenarios.
 */
export async function loadGroup(
  name: string,
  runtime: string,
  options: RunOptions = {},
): Promise<readonly Row[]> {
  if (name === 'clients') return clientRows(runtime);
  const module = adapterModules.get(name);
  return module === undefined ? coreRows(runtime) : adapterRows(name, module, runtime, options);
}

async function coreRows(runtime: string): Promise<Row[]> {
  const { coreScenarios }: CoreModule = await import(coreModule.href);
  const tasks = coreScenarios.map((scenario) => ({
    id: scenario.id,
    title: scenario.title,
    places: 0,
    run: () => scenario.run(),
    fault: findUnsupported(runtime, 'core', scenario.id),
  }));
  return [{ adapter: 'core', family: 'core', tasks }];
}

/** Returns the rows of clients that need no adapter. If the runtime cannot load one, its row has one task, which fails. */
async function clientRows(runtime: string): Promise<Row[]> {
  const { clientNames, clientScenarios } = await import('./scenarios/clients.ts');
  return Promise.all(
    clientNames.map(async (adapter) => {
      try {
        const scenarios = await clientScenarios(adapter);
        const tasks = scenarios.map((scenario) => ({
          id: scenario.id,
          title: scenario.title,
          places: 0,
          run: () => scenario.run(),
          fault: findUnsupported(runtime, adapter, scenario.id),
        }));
        return { adapter, family: 'carried', tasks };
      } catch (error) {
        return { adapter, family: 'load', tasks: [failedLoad(adapter, error, runtime)] };
      }
    }),
  );
}

async function adapterRows(
  name: string,
  module: URL,
  runtime: string,
  options: RunOptions,
): Promise<Row[]> {
  let adapters: FrameworkAdapter[];
  try {
    adapters = Object.values(await import(module.href))
      .flat()
      .filter(isAdapter);
  } catch (error) {
    return [{ adapter: name, family: 'load', tasks: [failedLoad(name, error, runtime)] }];
  }
  const { families } = await import('./scenarios/index.ts');
  return adapters.flatMap((adapter) => rowsFor(adapter, families, runtime, options));
}

/** Returns the rows to run with an adapter. */
function rowsFor(
  adapter: FrameworkAdapter,
  families: Readonly<Record<string, readonly FrameworkScenario[]>>,
  runtime: string,
  options: RunOptions,
): Row[] {
  return Object.entries(families).flatMap(([family, scenarios]) => {
    const tasks = scenarios
      .filter((scenario) => isFor(scenario, adapter))
      .map((scenario) => {
        const task = taskFor(scenario, adapter, options);
        return { ...task, fault: findUnsupported(runtime, adapter.name, task.id) ?? task.fault };
      });
    return tasks.length === 0 ? [] : [{ adapter: adapter.name, family, tasks }];
  });
}

/** Returns whether a scenario is for the adapter's framework, and the server has what the scenario needs. */
function isFor(scenario: FrameworkScenario, adapter: FrameworkAdapter): boolean {
  const { frameworks } = scenario;
  const isOfFramework = frameworks?.some((framework) => adapter.name.startsWith(framework)) ?? true;
  return isOfFramework && appliesTo(scenario, adapter);
}

function failedLoad(name: string, error: unknown, runtime: string): Task {
  return {
    id: 'load',
    title: 'load the framework',
    places: 0,
    fault: findUnsupported(runtime, name, 'load'),
    run: () => Promise.reject(error),
  };
}
