import { type ContextValues, context, newRequestId } from '@request-context/core';
import { type Check, checkOptions } from '@request-context/core/adapter';
import { type Read, receivedValues, reportSkip, valuesToSend } from './carried-values.ts';
import { type Getter, lookUp, readCarrier, type Setter, writeCarrier } from './carrier-access.ts';
import { dropPromise } from './drop-promise.ts';
import { normalizePropagation, type PropagationOptions } from './propagation-options.ts';

/** Which id a task gets that a message causes. */
export type TaskId = 'same' | 'child';

/** Options of {@link Propagator.run}. */
export interface RunOptions<Carrier> {
  /** Reads the carrier. @default reads plain objects, Headers, Maps and arrays of pairs */
  getter?: Getter<Carrier> | undefined;
  /**
   * `'same'`: the task has the id that the carrier holds. `'child'`: it has a fresh id, and the carrier's as
   * `parentRequestId`.
   * @default 'same'
   */
  id?: TaskId | undefined;
}

/** Moves the values of the context into messages, and out of them. */
export interface Propagator {
  /**
   * Adds the current id, and the values that `keys` names, to a carrier: a plain object, `Headers`, a Map or an array
   * of pairs. What the carrier has already stays, so use a new one for each message. Adds nothing outside of a
   * context. Never throws: what cannot be carried is left out, and `onSkip` is called with it. Returns the carrier.
   *
   * @example
   * queue.publish(job, { headers: propagator.inject({}) });
   * @example
   * propagator.inject(metadata, (carrier, name, value) => carrier.set(name, value));
   */
  inject<Carrier>(carrier: Carrier, setter?: Setter<Carrier>): Carrier;
  /**
   * Returns the values that a carrier holds: the id, if it is valid, and what `keys` names. Names match in upper and
   * lower case. Never throws: of what cannot be read, it returns nothing. Anyone can have written the values.
   *
   * @example
   * requestId({ values: (req) => propagator.extract(req.headers) });
   */
  extract<Carrier>(carrier: Carrier, getter?: Getter<Carrier>): Partial<ContextValues>;
  /**
   * Runs a task with the values that a carrier holds. Without a valid id there, it has a fresh one, never the current
   * one. Returns the task's result.
   *
   * @example
   * propagator.run(message.headers, () => handle(message));
   *
   * @throws {InvalidOptionError} naming the option that is unknown or has an invalid value
   */
  run<Carrier, T>(carrier: Carrier, task: () => T, options?: RunOptions<Carrier>): T;
}

/** The check of `id`, for other options that have it. */
export const taskIdCheck: Check = [
  (value) => value === 'same' || value === 'child',
  "'same' or 'child'",
];

const runChecks: { readonly [K in keyof Required<RunOptions<never>>]: Check } = {
  getter: [(value) => typeof value === 'function', 'a function'],
  id: taskIdCheck,
};

/**
 * Creates a propagator, for carriers without an entry in this package.
 *
 * @example
 * const propagator = createPropagator();
 * const headers = propagator.inject({});
 * @example
 * const propagator = createPropagator({ keys: ['tenant'], onSkip: (why, { key }) => logger.warn({ why, key }) });
 *
 * @throws {InvalidOptionError} naming the option that is unknown or has an invalid value
 */
export function createPropagator(options?: PropagationOptions): Propagator {
  const { propagation } = normalizePropagation(options);

  function extract<Carrier>(carrier: Carrier, getter?: Getter<Carrier>): Partial<ContextValues> {
    return receivedValues(propagation, readerOf(carrier, getter));
  }

  return Object.freeze<Propagator>({
    inject(carrier, setter = writeCarrier) {
      // What cannot be read is not written: it may hold a header of the caller.
      const carried = valuesToSend(propagation, (name) => readCarrier(carrier, name));
      for (const { name, value, keys } of carried) {
        try {
          dropPromise(setter(carrier, name, value));
        } catch (thrown) {
          dropPromise(thrown);
          for (const key of keys) reportSkip(propagation, 'carrier', key, undefined);
        }
      }
      return carrier;
    },
    extract,
    run(carrier, task, options = {}) {
      const { getter, id } = checkOptions(options, runChecks);
      return context.run(taskValues(extract(carrier, getter), id), task);
    },
  });
}

/**
 * Returns the values of a task, given those that came in: with an id in any case.
 *
 * @param createId - Returns a fresh id. Called where the task needs one.
 */
export function taskValues(
  received: Partial<ContextValues>,
  id: TaskId = 'same',
  createId: () => string = newRequestId,
): Partial<ContextValues> {
  const { requestId } = received;
  if (requestId === undefined) return { ...received, requestId: createId() };
  if (id === 'same') return received;
  return { ...received, requestId: createId(), parentRequestId: requestId };
}

/** Returns a function that reads a carrier. */
function readerOf<Carrier>(carrier: Carrier, getter: Getter<Carrier> | undefined): Read {
  if (getter === undefined) return (name) => readCarrier(carrier, name);
  return (name) =>
    lookUp(name, (key) => {
      try {
        return getter(carrier, key);
      } catch (thrown) {
        // It may know the name in one of the two cases only.
        dropPromise(thrown);
        return undefined;
      }
    });
}
