import { messageHeaders, withRequestContext } from '@request-context/propagation/amqplib';
import type { Channel } from 'amqplib';

/** Adds a job that carries the request's id. */
export function addJob(channel: Channel, queue: string, job: object): void {
  const content = Buffer.from(JSON.stringify(job));
  channel.sendToQueue(queue, content, { headers: messageHeaders(), persistent: true });
}

/** Handles the jobs of a queue, each with the id that it carries. A job that fails is tried once more. */
export async function work<Job>(
  channel: Channel,
  queue: string,
  handle: (job: Job) => Promise<void>,
): Promise<void> {
  const onMessage = withRequestContext(async (message) => {
    // RabbitMQ has cancelled the consumer.
    if (message === null) return;
    try {
      await handle(JSON.parse(message.content.toString()));
      channel.ack(message);
    } catch {
      channel.nack(message, false, !message.fields.redelivered);
    }
  });
  await channel.consume(queue, onMessage);
}
