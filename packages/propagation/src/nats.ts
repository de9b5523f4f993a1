import type { PropagationOptions } from './carrier/propagation-options.ts';
import { createMessaging, type MessageOptions } from './message/messaging.ts';

export type { PropagationOptions } from './carrier/propagation-options.ts';
export type { MessageOptions } from './message/messaging.ts';

/** Headers of NATS: the `MsgHdrs` of `@nats-io/nats-core`, and those of the older package `nats`. */
export interface NatsHeaders extends Iterable<[string, string[]]> {
  readonly code: number;
  readonly description: string;
  append(name: string, value: string): void;
}

/** A message of NATS: a `Msg`, a `JsMsg` of JetStream, or a `ServiceMsg`. */
export interface NatsMessage {
  readonly headers?: NatsHeaders | undefined;
}

const messaging = createMessaging({
  // JetStream calls back with a message alone; subscriptions and services with an error or a message. Beside an
  // error is `{}` or null.
  messageIn: (args) => (args.length === 1 ? args[0] : args[0] ? undefined : args[1]),
  // `get(name)` matches upper and lower case exactly.
  headersOf: (message) => [...((message as NatsMessage).headers ?? [])],
  copyOf: (headers) => [...(headers as NatsHeaders)],
  toHeaders(pairs, headers) {
    const { constructor, code, description } = headers as NatsHeaders;
    const copy: NatsHeaders = Reflect.construct(constructor, [code, description]);
    for (const [name, values] of pairs as [string, string | string[]][]) {
      for (const value of [values].flat()) copy.append(name, value);
    }
    return copy;
  },
});

/**
 * Returns headers for a message of NATS: a copy of those given, with the current id and what `keys` names. A header that
 * is there already stays, in upper or lower case. Outside of a context, adds nothing.
 *
 * @example
 * connection.publish(subject, data, { headers: messageHeaders(headers()) });
 * @example
 * await connection.request(subject, data, {
 *   headers: messageHeaders(headers(), { keys: ['tenant'] }),
 *   timeout: 1000,
 * });
 *
 * @throws {InvalidOptionError} naming the option that is unknown or has an invalid value
 */
export function messageHeaders<Headers extends NatsHeaders>(
  headers: Headers,
  options?: PropagationOptions,
): Headers {
  return messaging.messageHeaders(headers, options) as Headers;
}

/**
 * Returns a callback that handles each message in its own scope, with the id that the message carries. Without a
 * valid one, the id is fresh. For subscriptions, services, and the consumers of JetStream.
 *
 * ## Errors
 *
 * A call with an error has no message: it runs outside of any scope.
 *
 * @example
 * connection.subscribe(subject, {
 *   callback: withRequestContext((error, message) => handle(error, message)),
 * });
 * @example
 * await consumer.consume({ callback: withRequestContext((message) => handle(message), { id: 'child' }) });
 *
 * @throws {InvalidOptionError} naming the option that is unknown or has an invalid value
 */
export function withRequestContext<Args extends unknown[], Result>(
  handler: (...args: Args) => Result,
  options?: MessageOptions,
): (...args: Args) => Result {
  return messaging.withRequestContext(handler, options);
}

/**
 * Runs a task with the id that a message carries. Without a valid one, the id is fresh. Returns the task's result.
 *
 * @example
 * for await (const message of connection.subscribe(subject)) {
 *   await runWithMessage(message, () => handle(message));
 * }
 * @example
 * for await (const message of await consumer.consume()) {
 *   await runWithMessage(message, () => handle(message), { id: 'child' });
 * }
 *
 * @throws {InvalidOptionError} naming the option that is unknown or has an invalid value
 */
export function runWithMessage<T>(
  message: NatsMessage,
  task: () => T,
  options?: MessageOptions,
): T {
  return messaging.runWithMessage(message, task, options);
}
