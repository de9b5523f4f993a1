import type { PropagationOptions } from '../carrier/propagation-options.ts';
import { createPropagator, type Propagator } from '../carrier/propagator.ts';

/**
 * The key that marks a wrapped message. A string, because messages lose symbols and classes on their way; its value is
 * the version of the format.
 */
const marker = '@request-context/message';
const version = 1;

/** A message with the values of the scope that sent it. Structured clone and JSON keep it. */
export interface WrappedMessage<T> {
  readonly [marker]: typeof version;
  /** The id, and the values that `keys` names, as headers: a carrier that `createPropagator()` reads. */
  readonly headers: Readonly<Record<string, string>>;
  /** What was wrapped. */
  readonly value: T;
}

/** What a port has received. */
interface Received {
  readonly headers: unknown;
  readonly value: unknown;
}

const withDefaults: Propagator = createPropagator();

/**
 * Wraps a value for `postMessage()` or `process.send()`, together with the current id, and with the values that `keys`
 * names. Outside of a context, it carries none. The value is not copied: a transfer list works as it does without.
 * {@link onMessage} unwraps it.
 *
 * @example
 * worker.postMessage(wrapMessage({ image, width: 200 }));
 * @example
 * worker.postMessage(wrapMessage(pixels, { keys: ['tenant'] }), [pixels.buffer]);
 *
 * @throws {InvalidOptionError} naming the option that is unknown or has an invalid value
 */
export function wrapMessage<T>(value: T, options?: PropagationOptions): WrappedMessage<T> {
  const propagator = options === undefined ? withDefaults : createPropagator(options);
  return { [marker]: version, headers: propagator.inject({}), value };
}

/** Returns the parts of a wrapped message. Any other message is the value itself. Never throws. */
export function unwrapMessage(message: unknown): Received {
  try {
    if (isWrapped(message)) return { headers: message.headers, value: message.value };
  } catch {
    // A Proxy's traps can throw. It was never posted: an emitter of this process has passed it on.
  }
  return { headers: undefined, value: message };
}

function isWrapped(message: unknown): message is WrappedMessage<unknown> {
  if (typeof message !== 'object' || message === null || !Object.hasOwn(message, marker)) {
    return false;
  }
  return (message as WrappedMessage<unknown>)[marker] === version;
}
