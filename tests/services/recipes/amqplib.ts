import { context, getRequestId, newRequestId } from '@request-context/core';
import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';

/** Sends a message that carries the request's id. */
export function send(channel: Channel, queue: string, content: string): void {
  const headers = { 'x-request-id': getRequestId() };
  channel.sendToQueue(queue, Buffer.from(content), { headers, mandatory: true });
}

/** Consumes a queue. Handles each message with the id that it carries. */
export async function consume(
  channel: Channel,
  queue: string,
  handle: (message: ConsumeMessage) => void,
): Promise<void> {
  await channel.consume(queue, (message) => {
    if (message === null) return;
    const requestId = message.properties.headers?.['x-request-id'] ?? newRequestId();
    context.run({ requestId }, () => handle(message));
  });
}

/** Opens a channel for one request. Its events are the request's. */
export async function openChannel(connection: ChannelModel): Promise<Channel> {
  return context.bindEmitter(await connection.createChannel());
}
