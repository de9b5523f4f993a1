import type { ConsumeMessage, Message } from 'amqplib';
import type { PropagationOptions } from './carrier/propagation-options.ts';
import { copyHeaders, createMessaging, type MessageOptions } from './message/messaging.ts';

export type { PropagationOptions } from './carrier/propagation-options.ts';
export type { MessageOptions } from './message/messaging.ts';

const messaging = createMessaging({
  messageIn: ([message]) => message,
  headersOf: (message) => (message as Message).properties.headers,
  copyOf: copyHeaders,
});

/**
 * Returns headers for a message of RabbitMQ: a copy of those given, with the current id and what `keys` names. A header
 * that is there already stays. Outside of a context, adds nothing.
 *
 * @example
 * channel.sendToQueue(queue, content, { headers: messageHeaders() });
 * @example
 * channel.publish(exchange, key, content, { headers: messageHeaders({ 'x-retries': 0 }, { keys: ['tenant'] }) });
 *
 * @throws {InvalidOptionError} naming the option that is unknown or has an invalid value
 */
export function messageHeaders<Headers extends object = Record<string, string>>(
  headers?: Headers | null,
  options?: PropagationOptions,
): NoInfer<Headers> {
  return messaging.messageHeaders(headers, options) as Headers;
}

/**
 * Returns a consumer's callback that handles each message in its own scope, with the id that the message carries.
 * Without a valid one, the id is fresh. For the promise API and `amqplib/callback_api`.
 *
 * ## A consumer that the server cancels
 *
 * RabbitMQ then calls back with `null`. That call runs outside of any scope.
 *
 * @example
 * await channel.consume(queue, withRequestContext((message) => handle(message)));
 * @example
 * await channel.consume(queue, withRequestContext(onMessage, { id: 'child' }));
 *
 * @throws {InvalidOptionError} naming the option that is unknown or has an invalid value
 */
export function withRequestContext<Handler extends (message: ConsumeMessage | null) => unknown>(
  handler: Handler,
  options?: MessageOptions,
): Handler {
  return messaging.withRequestContext(handler, options);
}

/**
 * Runs a task with the id that a message carries, such as one from `channel.get()` or of a 'return' event. Without a
 * valid one, the id is fresh. Returns the task's result.
 *
 * @example
 * const message = await channel.get(queue);
 * if (message) await runWithMessage(message, () => handle(message));
 * @example
 * channel.on('return', (message) => runWithMessage(message, () => report(message), { keys: ['tenant'] }));
 *
 * @throws {InvalidOptionError} naming the option that is unknown or has an invalid value
 */
export function runWithMessage<T>(message: Message, task: () => T, options?: MessageOptions): T {
  return messaging.runWithMessage(message, task, options);
}
