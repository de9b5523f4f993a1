import { types } from 'node:util';
import { context, InvalidOptionError } from '@request-context/core';
import { describe, runWithoutScope } from '@request-context/core/adapter';
import { type Getter, readCarrier } from '../carrier/carrier-access.ts';
import { normalizePropagation, type PropagationOptions } from '../carrier/propagation-options.ts';
import { createPropagator, type TaskId, taskIdCheck, taskValues } from '../carrier/propagator.ts';
import { isObject } from '../internal/is-object.ts';

/** Options of what handles a message. */
export interface MessageOptions extends PropagationOptions {
  /**
   * `'same'`: the task has the id that the message carries. `'child'`: it has a fresh id, and the message's as
   * `parentRequestId`.
   * @default 'same'
   */
  id?: TaskId | undefined;
}

/** A function that a client calls with a message. */
type Handler = (...args: never[]) => unknown;

/** How a client keeps the headers of its messages. */
export interface MessageClient {
  /** Returns the message among a handler's arguments; undefined or null if it is called without one. */
  messageIn(args: readonly unknown[]): unknown;
  /** Returns the headers of a message, as a carrier. May throw what the message throws. */
  headersOf(message: unknown): unknown;
  /** Returns a copy of headers to send, as a carrier. May throw what the headers throw. */
  copyOf(headers: object | undefined): object;
  /** Returns the copy, once it is written, as the client takes it. @default returns the copy */
  toHeaders?(copy: object, headers: unknown): unknown;
}

/** What the entry of a client exports, before it is typed for the client. */
export interface Messaging {
  messageHeaders(headers: unknown, options: PropagationOptions | undefined): unknown;
  withRequestContext<H extends Handler>(handler: H, options: MessageOptions | undefined): H;
  runWithMessage<T>(message: unknown, task: () => T, options: MessageOptions | undefined): T;
}

/** Returns the functions that carry the id in the messages of a client. They throw for bad options alone. */
export function createMessaging({
  messageIn,
  headersOf,
  copyOf,
  toHeaders = (copy) => copy,
}: MessageClient): Messaging {
  const readHeader: Getter<unknown> = (message, name) => readCarrier(headersOf(message), name);

  /** Checks the options. Returns a function that runs a task in the scope of a message. */
  function createRun(options?: MessageOptions): <T>(message: unknown, task: () => T) => T {
    const { checked } = normalizePropagation(options, { id: taskIdCheck });
    const { id, ...rest } = checked;
    const { extract } = createPropagator(rest);
    return (message, task) => {
      // Such a call is about the consumer. It belongs to no request, nor to the one that started the consumer.
      if (message === undefined || message === null) return runWithoutScope(task);
      return context.run(taskValues(extract(message, readHeader), id), task);
    };
  }

  return {
    messageHeaders(headers, options) {
      const { inject } = createPropagator(options);
      try {
        return toHeaders(inject(copyOf(isObject(headers) ? headers : undefined)), headers);
      } catch {
        // Reports that nothing can be written.
        inject(undefined);
        return headers;
      }
    },
    withRequestContext(handler, options) {
      if (typeof handler !== 'function') {
        throw new InvalidOptionError('handler', `must be a function, but is ${describe(handler)}.`);
      }
      const run = createRun(options);
      function handle(this: unknown, ...args: never[]): unknown {
        return run(messageIn(args), () => Reflect.apply(handler, this, args));
      }
      return handle as typeof handler;
    },
    runWithMessage: (message, task, options) => createRun(options)(message, task),
  };
}

/** Returns a copy of headers in a plain object or a Map. */
export function copyHeaders(headers: object | undefined): object {
  return types.isMap(headers) ? new Map(headers) : { ...headers };
}
