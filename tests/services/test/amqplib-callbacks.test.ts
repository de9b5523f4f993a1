import { record } from '@request-context/conformance/engine';
import type { ConsumeMessage } from 'amqplib';
import { type ConfirmChannel, type Connection, connect } from 'amqplib/callback_api';
import { carryChannel, carryConnection, consume, send } from '../recipes/amqplib-callbacks.ts';
import type { ClientCase, Visit } from '../src/run-case.ts';
import { services } from '../src/services.ts';
import { testClient } from '../src/test-client.ts';

interface Connected {
  readonly connection: Connection;
  readonly channel: ConfirmChannel;
  /** The name of a queue. */
  readonly name: string;
}

async function open(name: string, withRecipe: boolean): Promise<Connected> {
  const { connection, channel } = await connected();
  await new Promise((resolve) => channel.assertQueue(name, { autoDelete: true }, resolve));
  const handle = ({ content }: ConsumeMessage) => record(content.toString(), 'message');
  if (withRecipe) {
    carryConnection(connection);
    carryChannel(channel);
    consume(channel, name, handle);
  } else {
    channel.consume(name, (message) => message && handle(message));
  }
  return { connection, channel, name };
}

function close({ connection }: Connected): Promise<unknown> {
  return new Promise((resolve) => connection.close(resolve));
}

function connected(): Promise<Omit<Connected, 'name'>> {
  return new Promise((resolve, reject) => {
    connect(services.rabbitmq.url, (error, connection) => {
      if (error) return reject(error);
      connection.createConfirmChannel((error, channel) => {
        if (error) reject(error);
        else resolve({ connection, channel });
      });
    });
  });
}

function roundTrip({ channel }: Connected, { id, probe }: Visit): Promise<string> {
  return new Promise((resolve, reject) => {
    channel.assertQueue('', { exclusive: true }, (error, { queue }) => {
      probe('assertQueue');
      if (error) return reject(error);
      channel.sendToQueue(queue, Buffer.from(id), {}, () => {
        probe('sendToQueue');
        channel.get(queue, {}, (_, message) => {
          probe('get');
          resolve(message ? message.content.toString() : 'nothing');
        });
      });
    });
  });
}

function consumeOnce({ channel }: Connected, { id, probe }: Visit): Promise<string> {
  return new Promise((resolve, reject) => {
    function listener(message: { readonly content: Buffer } | null): void {
      probe('message');
      resolve(String(message?.content));
    }
    channel.assertQueue('', { exclusive: true }, (error, { queue }) => {
      if (error) return reject(error);
      channel.consume(queue, listener, {}, () => {
        probe('consume');
        channel.sendToQueue(queue, Buffer.from(id));
      });
    });
  });
}

function ownChannel({ connection }: Connected, { id, probe, withRecipe }: Visit): Promise<string> {
  return new Promise((resolve, reject) => {
    connection.createConfirmChannel((error, channel) => {
      probe('createConfirmChannel');
      if (error) return reject(error);
      if (withRecipe) carryChannel(channel);
      channel.on('close', () => probe('close'));
      channel.close(() => {
        probe('closed');
        resolve(id);
      });
    });
  });
}

const recipe = '`carryThrough()`';

const cases: ClientCase<Connected>[] = [
  {
    title: 'callbacks of `assertQueue`, `sendToQueue` and `get`',
    places: ['assertQueue', 'sendToQueue', 'get'],
    recipe,
    use: roundTrip,
  },
  {
    title: '`channel.consume(queue, listener, options, callback)`, for a request that waits',
    places: ['consume', 'message'],
    recipe,
    use: consumeOnce,
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
    title: "`connection.createConfirmChannel(callback)`, `close` of a request's own channel",
    places: ['createConfirmChannel', 'close', 'closed'],
    recipe,
    use: ownChannel,
  },
];

testClient('amqplib/callback_api', 'rabbitmq', { open, close }, cases);
