import type { PropagationOptions } from './carrier/propagation-options.ts';
import { copyHeaders, createMessaging, type MessageOptions } from './message/messaging.ts';

export type { PropagationOptions } from './carrier/propagation-options.ts';
export type { MessageOptions } from './message/messaging.ts';

/** A message of Kafka, by any of its clients. */
export interface KafkaMessage {
  readonly headers?: unknown;
  /** All headers, those sent twice included: `headers` of @platformatic/kafka holds the last of a name. */
  readonly headerEntries?: unknown;
}

/** What kafkajs calls `eachMessage` with. */
export interface KafkaPayload {
  readonly message: KafkaMessage;
}

const messaging = createMessaging({
  messageIn: ([message]) => message,
  headersOf(message) {
    const { headerEntries, headers } = (message as KafkaPayload).message ?? message;
    return headerEntries ?? headers;
  },
  copyOf: copyHeaders,
});

/**
 * Returns headers for a message of Kafka: a copy of those given, an object or a Map, with the current id and what `keys`
 * names. A header that is there already stays. Outside of a context, adds nothing.
 *
 * ## Serializers of @platformatic/kafka
 *
 * Headers are set as text. Such a producer needs serializers that take text, such as `stringSerializers`. Into a Map
 * that holds Buffers, headers are set as Buffers.
 *
 * @example
 * await producer.send({ topic, messages: [{ value, headers: messageHeaders() }] });
 * @example
 * const headers = messageHeaders({ type: 'order' }, { keys: ['tenant'] });
 * await producer.send({ messages: [{ topic, value, headers }] });
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
 * Returns a function that handles each message in its own scope, with the id that the message carries. Without a
 * valid one, the id is fresh. For `eachMessage` of kafkajs, and 'data' of a stream of @platformatic/kafka.
 *
 * @example
 * await consumer.run({ eachMessage: withRequestContext(async ({ message }) => handle(message)) });
 * @example
 * stream.on('data', withRequestContext((message) => handle(message), { id: 'child' }));
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
 * Runs a task with the id that a message carries: one of a batch of kafkajs, or of a stream of @platformatic/kafka.
 * Without a valid one, the id is fresh. Returns the task's result.
 *
 * @example
 * for (const message of batch.messages) await runWithMessage(message, () => handle(message));
 * @example
 * for await (const message of stream) {
 *   await runWithMessage(message, () => handle(message), { id: 'child' });
 * }
 *
 * @throws {InvalidOptionError} naming the option that is unknown or has an invalid value
 */
export function runWithMessage<T>(
  message: KafkaMessage | KafkaPayload,
  task: () => T,
  options?: MessageOptions,
): T {
  return messaging.runWithMessage(message, task, options);
}
