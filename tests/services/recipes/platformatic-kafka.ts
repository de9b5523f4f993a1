import type { Message, MessagesStream, Producer } from '@platformatic/kafka';
import { messageHeaders, runWithMessage } from '@request-context/propagation/kafka';

/** Sends a message that carries the request's id. The producer has `serializers: stringSerializers`. */
export async function send(
  producer: Producer<string, string, string, string>,
  topic: string,
  value: string,
): Promise<void> {
  await producer.send({ messages: [{ topic, value, headers: messageHeaders() }] });
}

/** Handles each message of a stream with the id that it carries. */
export async function consume<Value>(
  stream: MessagesStream<string, Value, string, string>,
  handle: (message: Message<string, Value, string, string>) => Promise<void>,
): Promise<void> {
  for await (const message of stream) await runWithMessage(message, () => handle(message));
}
