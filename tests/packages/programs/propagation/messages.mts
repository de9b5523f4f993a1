// Handlers and headers as a user writes them, with the types left to inference.

import { headers, type NatsConnection } from '@nats-io/nats-core';
import * as amqplib from '@request-context/propagation/amqplib';
import { requestContextTelemetry, withRequestContext } from '@request-context/propagation/bullmq';
import * as kafka from '@request-context/propagation/kafka';
import * as nats from '@request-context/propagation/nats';
import type { Channel } from 'amqplib';
import { Worker } from 'bullmq';
import type { Consumer, Producer } from 'kafkajs';

declare const channel: Channel;
declare const connection: NatsConnection;
declare const consumer: Consumer;
declare const producer: Producer;

const value = Buffer.from('order');

export async function useAmqplib(): Promise<void> {
  const handle = amqplib.withRequestContext(async (message) => {
    if (message !== null) channel.ack(message);
  });
  await channel.consume('orders', handle);
  channel.sendToQueue('orders', value, { headers: amqplib.messageHeaders() });
}

export function useNats(): void {
  connection.subscribe('orders', {
    callback: nats.withRequestContext((error, message) => {
      if (error === null) message.respond(value);
    }),
  });
  connection.publish('orders', value, { headers: nats.messageHeaders(headers()) });
}

export async function useKafka(): Promise<void> {
  await consumer.run({
    eachMessage: kafka.withRequestContext(async ({ message, heartbeat }) => {
      message.value satisfies Buffer | null;
      await heartbeat();
    }),
  });
  await producer.send({
    topic: 'orders',
    messages: [
      { value, headers: kafka.messageHeaders() },
      { value, headers: kafka.messageHeaders({ type: 'order' }) },
    ],
  });
  const handle = kafka.withRequestContext(async (step: number) => `step ${step}`);
  (await handle(1)) satisfies string;
}

export function useBullmq(): Worker<{ to: string }, number> {
  return new Worker(
    'mails',
    withRequestContext(async (job) => job.data.to.length),
    { connection: {}, telemetry: requestContextTelemetry() },
  );
}
