import { describe } from '@request-context/core/adapter';
import { normalizePropagation } from '../carrier/propagation-options.ts';
import { createPropagator, taskIdCheck } from '../carrier/propagator.ts';
import type { MessageOptions } from '../message/messaging.ts';
import { unwrapMessage } from './wrap-message.ts';

/** A port with Node's events: a `Worker`, `parentPort`, a `MessagePort`, a child process, or `process` in a child. */
export interface EmitterPort {
  on(event: 'message', listener: (message: unknown, ...details: unknown[]) => void): unknown;
  off(event: 'message', listener: (message: unknown, ...details: unknown[]) => void): unknown;
}

/** A port with the Web's events: a `BroadcastChannel`, a Web `Worker`, or `self` in one. */
export interface TargetPort {
  addEventListener(type: 'message', listener: (event: unknown) => void): unknown;
  removeEventListener(type: 'message', listener: (event: unknown) => void): unknown;
  start?(): unknown;
}

/**
 * Handles each message of a port with the values that it carries, never in the scope of the code that opened the port or
 * called `onMessage`. Returns a function that removes the listener.
 *
 * ## Without a valid id, a fresh one
 *
 * The handler gets messages unwrapped, and others as they are. One that was not wrapped, or was wrapped outside of
 * requests, or carries an invalid id, has a fresh id: its log lines belong together, and to no request.
 *
 * ## A listener like any other
 *
 * It keeps the port open as long as a listener of yours would, and what the handler throws or returns goes where the
 * listener's would. `this` is the port. A second parameter is what the event has besides: the `sendHandle` of a process,
 * the event itself on the Web's ports.
 *
 * @example
 * onMessage(worker, (result) => logger.info(result));
 * @example
 * const stop = onMessage(parentPort, (job: Job) => resize(job), { keys: ['tenant'] });
 *
 * @throws {TypeError} when `port` has no events, such as `parentPort` in the main thread, which is null, or `handle` is
 * no function
 * @throws {InvalidOptionError} naming the option that is unknown or has an invalid value
 */
export function onMessage<T = unknown, Detail = unknown>(
  port: EmitterPort | TargetPort | null,
  handle: (value: T, detail: Detail) => unknown,
  options?: MessageOptions,
): () => void {
  if (typeof handle !== 'function') {
    throw new TypeError(
      `onMessage(port, handle) needs a function, but was given ${describe(handle)}.`,
    );
  }
  const { id, ...carried } = normalizePropagation(options, { id: taskIdCheck }).checked;
  const propagator = createPropagator(carried);

  function receive(this: unknown, message: unknown, ...details: unknown[]): unknown {
    const { headers, value } = unwrapMessage(message);
    return propagator.run(headers, () => Reflect.apply(handle, this, [value, ...details]), { id });
  }

  // A MessagePort has both kinds of events. Node's pass the value alone, and start the port.
  if (isEmitter(port)) {
    port.on('message', receive);
    return () => void port.off('message', receive);
  }
  if (!isTarget(port)) {
    throw new TypeError(
      `onMessage(port, handle) needs a port with events, but was given ${describe(port)}.`,
    );
  }
  function receiveEvent(this: unknown, event: unknown): unknown {
    return Reflect.apply(receive, this, [(event as MessageEvent).data, event]);
  }
  port.addEventListener('message', receiveEvent);
  // In Deno, a MessagePort delivers nothing before this.
  port.start?.();
  return () => void port.removeEventListener('message', receiveEvent);
}

function isEmitter(port: unknown): port is EmitterPort {
  const { on, off } = (port ?? {}) as EmitterPort;
  return typeof on === 'function' && typeof off === 'function';
}

function isTarget(port: unknown): port is TargetPort {
  return typeof (port as TargetPort | null | undefined)?.addEventListener === 'function';
}
