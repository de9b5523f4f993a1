import { messageHeaders, withRequestContext } from '@request-context/propagation/amqplib';
import type { ConsumeMessage } from 'amqplib';
import type { Channel, ConfirmChannel, Connection } from 'amqplib/callback_api';
import { carryThrough } from './carry-through.ts';

export function carryConnection(connection: Connection): void {
  carryThrough(connection, 'createChannel');
  carryThrough(connection, 'createConfirmChannel');
}

export function carryChannel(channel: ConfirmChannel): void {
  carryThrough(channel, 'assertQueue');
  carryThrough(channel, 'sendToQueue');
  carryThrough(channel, 'get');
  carryThrough(channel, 'consume');
  carryThrough(channel, 'close');
}

/** Sends a message that carries the request's id. */
export function send(channel: Channel, queue: string, content: string): void {
  channel.sendToQueue(queue, Buffer.from(content), { headers: messageHeaders() });
}

/** Consumes a queue for all requests. Handles each message with the id that it carries. */
export function consume(
  channel: Channel,
  queue: string,
  handle: (message: ConsumeMessage) => void,
): void {
  const listener = withRequestContext((message) => {
    if (message !== null) handle(message);
  });
  channel.consume(queue, listener);
}
