import { context } from '@request-context/core';
import {
  messageHeaders,
  runWithMessage,
  withRequestContext,
} from '@request-context/propagation/amqplib';
import type { Channel, ChannelModel, ConsumeMessage, Message } from 'amqplib';

/** Sends a message that carries the request's id. */
export function send(channel: Channel, queue: string, content: string): void {
  const headers = messageHeaders();
  channel.sendToQueue(queue, Buffer.from(content), { headers, mandatory: true });
}

/** Consumes a queue. Handles each message with the id that it carries. */
export async function consume(
  channel: Channel,
  queue: string,
  handle: (message: ConsumeMessage) => void,
): Promise<void> {
  const listener = withRequestContext((message) => {
    if (message !== null) handle(message);
  });
  await channel.consume(queue, listener);
}

/** Handles each message that no queue took, with the id that it carries. */
export function handleReturned(channel: Channel, handle: (message: Message) => void): void {
  channel.on('return', (message) => runWithMessage(message, () => handle(message)));
}

/** Opens a channel for one request. Its events are the request's. */
export async function openChannel(connection: ChannelModel): Promise<Channel> {
  return context.bindEmitter(await connection.createChannel());
}
