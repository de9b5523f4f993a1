// Checked by tsc only (npm run check:types): handlers keep the types that clients expect.
import { headers, type Msg, type NatsConnection } from '@nats-io/nats-core';
import type { MessagesStream, Producer } from '@platformatic/kafka';
import * as amqplib from '@request-context/propagation/amqplib';
import * as kafka from '@request-context/propagation/kafka';
import * as nats from '@request-context/propagation/nats';
import type { Channel, ConsumeMessage } from 'amqplib';
import type { Channel as CallbackChannel } from 'amqplib/callback_api';
import type { Consumer, Producer as KafkajsProducer } from 'kafkajs';

declare const channel: Channel;
declare const callbackChannel: CallbackChannel;
declare const connection: NatsConnection;
declare const consumer: Consumer;
declare const producer: Producer<string, string, string, string>;
declare const kafkajsProducer: KafkajsProducer;
declare const stream: MessagesStream<string, string, string, string>;

const content = Buffer.from('content');

export async function useAmqplib(): Promise<void> {
  await channel.consume(
    'orders',
    amqplib.withRequestContext((message) => {
      if (message !== null) channel.ack(message);
      // @ts-expect-error: null when the server cancels the consumer
      message.content;
    }),
  );
  callbackChannel.consume(
    'orders',
    amqplib.withRequestContext(async (message: ConsumeMessage | null) => message?.content),
  );
  channel.sendToQueue('orders', content, { headers: amqplib.messageHeaders() });
  channel.sendToQueue('orders', content, { headers: amqplib.messageHeaders({ retries: 1 }) });
  const message = await channel.get('orders');
  if (message) amqplib.runWithMessage(message, () => message.content satisfies Buffer);
  // @ts-expect-error: no such id
  amqplib.withRequestContext(() => {}, { id: 'other' });
}

export async function useNats(): Promise<void> {
  connection.subscribe('orders', {
    callback: nats.withRequestContext((error, message) => {
      error satisfies Error | null;
      message.respond();
    }),
  });
  connection.publish('orders', content, { headers: nats.messageHeaders(headers()) });
  for await (const message of connection.subscribe('orders')) {
    nats.runWithMessage(message, () => message satisfies Msg);
  }
  // @ts-expect-error: the client makes its headers
  nats.messageHeaders({});
}

export async function useKafka(): Promise<void> {
  await consumer.run({
    eachMessage: kafka.withRequestContext(async ({ message, topic }) => {
      topic satisfies string;
      message.value satisfies Buffer | null;
    }),
  });
  await consumer.run({
    async eachBatch({ batch }) {
      for (const message of batch.messages) await kafka.runWithMessage(message, async () => {});
    },
  });
  await kafkajsProducer.send({
    topic: 'orders',
    messages: [{ value: 'order', headers: kafka.messageHeaders() }],
  });
  const sent = kafka.messageHeaders({ type: 'order' });
  await producer.send({ messages: [{ topic: 'orders', value: 'order', headers: sent }] });
  stream.on(
    'data',
    kafka.withRequestContext((message) => {
      message.value satisfies string;
    }),
  );
  for await (const message of stream) kafka.runWithMessage(message, () => message.value);
}

export async function keepsReturnTypes(): Promise<void> {
  const handle = kafka.withRequestContext(
    async (name: string, { length }: Buffer) => name + length,
  );
  (await handle('name', content)) satisfies string;
  // @ts-expect-error: too few arguments
  handle('name');
}
