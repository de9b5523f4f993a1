import { record } from '@request-context/conformance/engine';
import { newRequestId } from '@request-context/core';
import {
  type ChannelModel,
  type ConfirmChannel,
  type ConsumeMessage,
  connect,
  type Message,
} from 'amqplib';
import { consume, handleReturned, openChannel, send } from '../recipes/amqplib.ts';
import type { ClientCase } from '../src/run-case.ts';
import { services } from '../src/services.ts';
import { testClient } from '../src/test-client.ts';

interface Clients {
  readonly connection: ChannelModel;
  readonly channel: ConfirmChannel;
  /** The name of a queue. */
  readonly name: string;
  /** The name of the queue for all replies. */
  readonly replies: string;
  /** The callbacks of requests that wait for a reply, by correlation id. */
  readonly waiting: Map<string, (reply: string) => void>;
}

async function open(name: string, withRecipe: boolean): Promise<Clients> {
  const connection = await connect(services.rabbitmq.url);
  const channel = await connection.createConfirmChannel();
  const handle = ({ content }: ConsumeMessage) => record(content.toString(), 'message');
  await channel.assertQueue(name, { autoDelete: true });
  if (withRecipe) await consume(channel, name, handle);
  else await channel.consume(name, (message) => message && handle(message));
  const recordReturn = ({ content }: Message) => record(content.toString(), 'return');
  if (withRecipe) handleReturned(channel, recordReturn);
  else channel.on('return', recordReturn);
  const waiting = new Map<string, (reply: string) => void>();
  const { queue: replies } = await channel.assertQueue('', { exclusive: true });
  await channel.consume(replies, (message) => {
    waiting.get(message?.properties.correlationId)?.(String(message?.content));
  });
  return { connection, channel, name, replies, waiting };
}

async function close({ connection }: Clients): Promise<void> {
  await connection.close();
}

/** Calls back with the reply from the queue that all requests share. */
function call(
  { channel, replies, waiting }: Clients,
  content: string,
  callback: (reply: string) => void,
): void {
  const correlationId = newRequestId();
  waiting.set(correlationId, callback);
  channel.sendToQueue(replies, Buffer.from(content), { correlationId });
}

const cases: ClientCase<Clients>[] = [
  {
    title: '`await channel.assertQueue()`, `waitForConfirms()` and `get()`',
    places: ['assertQueue', 'waitForConfirms', 'get'],
    async use({ channel }, { id, probe }) {
      const { queue } = await channel.assertQueue('', { exclusive: true });
      probe('assertQueue');
      channel.sendToQueue(queue, Buffer.from(id));
      await channel.waitForConfirms();
      probe('waitForConfirms');
      const message = await channel.get(queue);
      probe('get');
      return message ? message.content.toString() : 'nothing';
    },
  },
  {
    title: '`await` of a reply on a shared queue',
    places: ['then'],
    async use(clients, { id, probe }) {
      const reply = await new Promise<string>((resolve) => call(clients, id, resolve));
      probe('then');
      return reply;
    },
  },
  {
    title: 'a callback for a reply on a shared queue',
    places: ['callback'],
    recipe: '`context.bind(callback)`',
    use: (clients, { id, probe, bind }) =>
      new Promise((resolve) => {
        const callback = bind((reply: string) => {
          probe('callback');
          resolve(reply);
        });
        call(clients, id, callback);
      }),
  },
  {
    title: '`channel.sendToQueue(queue, content, options, callback)`, confirmed',
    places: ['callback'],
    recipe: '`context.bind(callback)`',
    use: ({ channel }, { id, probe, bind }) =>
      new Promise((resolve) => {
        const confirmed = bind(() => {
          probe('callback');
          resolve(id);
        });
        channel.sendToQueue(id, Buffer.from(id), {}, confirmed);
      }),
  },
  {
    title: '`channel.consume(queue, listener)`, for a request that waits',
    places: ['message'],
    recipe: '`context.bind(listener)`',
    async use({ channel }, { id, probe, bind }) {
      const { queue } = await channel.assertQueue('', { exclusive: true });
      return new Promise((resolve, reject) => {
        const listener = bind((message: ConsumeMessage | null) => {
          probe('message');
          resolve(String(message?.content));
        });
        channel.consume(queue, listener).catch(reject);
        channel.sendToQueue(queue, Buffer.from(id));
      });
    },
  },
  {
    title: '`channel.consume(queue, listener)`',
    places: ['message'],
    recipe: '`withRequestContext(listener)`',
    async use({ channel, name }, { id }) {
      send(channel, name, id);
      return id;
    },
  },
  {
    title: '`return` of a channel',
    places: ['return'],
    recipe: '`runWithMessage(message, task)`',
    async use({ channel, name }, { id }) {
      send(channel, `${name}.nobody`, id);
      return id;
    },
  },
  {
    title: "`error` and `close` of a request's own channel",
    places: ['error', 'close', 'catch'],
    wrong: ['error', 'close'],
    recipe: '`context.bindEmitter(channel)`',
    async use({ connection, name }, { id, probe, withRecipe }) {
      const channel = await (withRecipe ? openChannel(connection) : connection.createChannel());
      channel.on('error', () => probe('error'));
      channel.on('close', () => probe('close'));
      await channel.checkQueue(`${name}.nothing`).catch(() => probe('catch'));
      return id;
    },
  },
];

testClient('amqplib', 'rabbitmq', { open, close }, cases);
