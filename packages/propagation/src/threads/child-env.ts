import type { ContextValues } from '@request-context/core';
import type { Check } from '@request-context/core/adapter';
import { headersToSend, receivedValues } from '../carrier/carried-values.ts';
import {
  type NormalizedPropagation,
  normalizePropagation,
  type PropagationOptions,
} from '../carrier/propagation-options.ts';
import { type TaskId, taskIdCheck, taskValues } from '../carrier/propagator.ts';

/** Environment variables, as `process.env` has them. */
type Env = typeof process.env;

/**
 * The variables that carry the values. They belong to this module alone: other variables, `BAGGAGE` among them, can be
 * another tool's, and outlive a request in a parent's environment. A CGI server names the headers of its clients
 * `HTTP_X_REQUEST_ID` and so on, which are not read.
 */
const idVariable = 'X_REQUEST_ID';
const baggageVariable = 'X_REQUEST_BAGGAGE';
const own: ReadonlySet<string> = new Set([idVariable, baggageVariable]);

/** Options of {@link childEnv}. */
export type ChildEnvOptions = Omit<PropagationOptions, 'header'>;

/** Options of {@link contextFromEnv}. */
export interface ContextFromEnvOptions extends ChildEnvOptions {
  /**
   * `'same'`: the id is the environment's. `'child'`: it is fresh, and the environment's is the `parentRequestId`.
   * @default 'same'
   */
  id?: TaskId | undefined;
}

const noHeader: Check = [() => false, `left out, because the variable is always ${idVariable}`];

/**
 * Returns a copy of an environment, for a child process or a worker, in which `X_REQUEST_ID` is the current id, and
 * `X_REQUEST_BAGGAGE` holds the values that `keys` names. Outside of a context, the copy has neither: those that this
 * process was started with belong to another task.
 *
 * @example
 * spawn('convert', [file], { env: childEnv() });
 * @example
 * fork('report.js', { env: childEnv({ ...process.env, NODE_ENV: 'production' }, { keys: ['tenant'] }) });
 *
 * @throws {InvalidOptionError} naming the option that is unknown or has an invalid value
 */
export function childEnv(env: Env = process.env, options?: ChildEnvOptions): Env {
  const { propagation } = normalizePropagation(options, { header: noHeader });
  const child: Env = {};
  // With what it inherits, as in spawn().
  for (const name in env) {
    // On Windows, names match in upper and lower case.
    if (!own.has(name.toUpperCase())) child[name] = env[name];
  }
  for (const [name, value] of headersToSend(propagation, () => [])) {
    child[variableOf(propagation, name)] = value;
  }
  return child;
}

/**
 * Returns the values that {@link childEnv} passed to this process, for `context.run()`. The id passes the same check as a
 * header. Without a valid one, it is fresh.
 *
 * @example
 * await context.run(contextFromEnv(), main);
 * @example
 * await context.run(contextFromEnv({ keys: ['tenant'] }), main);
 *
 * @throws {InvalidOptionError} naming the option that is unknown or has an invalid value
 */
export function contextFromEnv(options?: ContextFromEnvOptions): Partial<ContextValues> {
  const checks = { header: noHeader, id: taskIdCheck };
  const { propagation, checked } = normalizePropagation(options, checks);
  const received = receivedValues(propagation, (name) => read(variableOf(propagation, name)));
  return taskValues(received, checked.id);
}

function variableOf({ header }: NormalizedPropagation, name: string): string {
  return name === header ? idVariable : baggageVariable;
}

function read(variable: string): string[] {
  try {
    const value = process.env[variable];
    return value === undefined ? [] : [value];
  } catch {
    // Deno denies it without --allow-env.
    return [];
  }
}
