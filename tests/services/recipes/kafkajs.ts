import {
  messageHeaders,
  runWithMessage,
  withRequestContext,
} from '@request-context/propagation/kafka';
import type { Consumer, KafkaMessage, Producer } from 'kafkajs';

/** Sends a message that carries the request's id. */
export async function send(producer: Producer, topic: string, value: string): Promise<void> {
  await producer.send({ topic, messages: [{ value, headers: messageHeaders() }] });
}

/** Handles each message with the id that it carries. */
export async function consume(
  consumer: Consumer,
  handle: (message: KafkaMessage) => Promise<void>,
): Promise<void> {
  await consumer.run({ eachMessage: withRequestContext(({ message }) => handle(message)) });
}

/** Does the same by batches. */
export async function consumeBatches(
  consumer: Consumer,
  handle: (message: KafkaMessage) => Promise<void>,
): Promise<void> {
  await consumer.run({
    async eachBatch({ batch, resolveOffset }) {
      for (const message of batch.messages) {
        await runWithMessage(message, () => handle(message));
        resolveOffset(message.offset);
      }
    },
  });
}
