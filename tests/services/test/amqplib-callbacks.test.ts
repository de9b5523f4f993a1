import { type ConfirmChannel, type Connection, connect } from 'amqplib/callback_api';
import { carryChannel, carryConnection } from '../recipes/amqplib-callbacks.ts';
import type { ClientCase, Visit } from '../src/run-case.ts';
import { services } from '../src/services.ts';
import { testClient } from '../src/test-client.ts';

interface Connected {
  readonly connection: Connection;
  readonly channel: ConfirmChannel;
}

async function open(_name: string, withRecipe: boolean): Promise<Connected> {
  const { connection, channel } = await connected();
  if (withRecipe) {
    carryConnection(connection);
    carryChannel(channel);
  }
  return { connection, channel };
}

function close({ connection }: Connected): Promise<unknown> {
  return new Promise((resolve) => connection.close(resolve));
}

function connected(): Promise<Connected> {
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

function consume({ channel }: Connected, { id, probe }: Visit): Promise<string> {
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
    use: consume,
  },
  {
    title: "`connection.createConfirmChannel(callback)`, `close` of a request's own channel",
    places: ['createConfirmChannel', 'close', 'closed'],
    recipe,
    use: ownChannel,
  },
];

testClient('amqplib/callback_api', 'rabbitmq', { open, close }, cases);
