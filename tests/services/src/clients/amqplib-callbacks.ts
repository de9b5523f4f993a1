import { type ConfirmChannel, type Connection, connect } from 'amqplib/callback_api';
import { carryThrough } from '../carry-through.ts';
import { services } from '../services.ts';
import type { ClientCase, ClientSuite, Exchange } from '../types.ts';

interface Connected {
  readonly connection: Connection;
  readonly channel: ConfirmChannel;
}

interface Clients {
  readonly plain: Connected;
  /** The same, by the recipe. */
  readonly carried: Connected;
}

async function open(): Promise<Clients> {
  const [plain, carried] = await Promise.all([connected(), connected()]);
  carryConnection(carried.connection);
  carryChannel(carried.channel);
  return { plain, carried };
}

async function close({ plain, carried }: Clients): Promise<void> {
  const connections = [plain.connection, carried.connection];
  await Promise.all(
    connections.map((connection) => new Promise<unknown>((resolve) => connection.close(resolve))),
  );
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

function carryConnection(connection: Connection): void {
  carryThrough(connection, 'createChannel');
  carryThrough(connection, 'createConfirmChannel');
}

function carryChannel(channel: ConfirmChannel): void {
  carryThrough(channel, 'assertQueue');
  carryThrough(channel, 'sendToQueue');
  carryThrough(channel, 'get');
  carryThrough(channel, 'consume');
  carryThrough(channel, 'close');
}

function roundTrip({ channel }: Connected, { id, probe }: Exchange): Promise<string> {
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

function consume({ channel }: Connected, { id, probe }: Exchange): Promise<string> {
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

function ownChannel(
  { connection }: Connected,
  { id, probe }: Exchange,
  prepare: (channel: ConfirmChannel) => void,
): Promise<string> {
  return new Promise((resolve, reject) => {
    connection.createConfirmChannel((error, channel) => {
      probe('createConfirmChannel');
      if (error) return reject(error);
      prepare(channel);
      channel.on('close', () => probe('close'));
      channel.close(() => {
        probe('closed');
        resolve(id);
      });
    });
  });
}

/** A case that a plain connection gets wrong at every place. */
function callbackCase(
  title: string,
  places: readonly string[],
  use: (connected: Connected, exchange: Exchange) => Promise<string>,
): ClientCase<Clients> {
  return {
    title,
    places,
    use: ({ plain }, exchange) => use(plain, exchange),
    wrong: {
      places,
      recipe: '`carryThrough()`',
      use: ({ carried }, exchange) => use(carried, exchange),
    },
  };
}

const cases: ClientCase<Clients>[] = [
  callbackCase(
    'callbacks of `assertQueue`, `sendToQueue` and `get`',
    ['assertQueue', 'sendToQueue', 'get'],
    roundTrip,
  ),
  callbackCase(
    '`channel.consume(queue, listener, options, callback)`, for a request that waits',
    ['consume', 'message'],
    consume,
  ),
  {
    title: "`connection.createConfirmChannel(callback)`, `close` of a request's own channel",
    places: ['createConfirmChannel', 'close', 'closed'],
    use: ({ plain }, exchange) => ownChannel(plain, exchange, () => {}),
    wrong: {
      places: ['createConfirmChannel', 'close', 'closed'],
      recipe: '`carryThrough()`',
      use: ({ carried }, exchange) => ownChannel(carried, exchange, carryChannel),
    },
  },
];

export const amqplibCallbacks: ClientSuite<Clients> = {
  name: 'amqplib/callback_api',
  service: 'rabbitmq',
  open,
  close,
  cases,
};
