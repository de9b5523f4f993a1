import type { ConfirmChannel, Connection } from 'amqplib/callback_api';
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
