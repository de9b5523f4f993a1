import { context, getRequestId, newRequestId } from '@request-context/core';
import {
  type Channel,
  type ChannelModel,
  type ConfirmChannel,
  type ConsumeMessage,
  connect,
} from 'amqplib';
import { services } from '../services.ts';
import type { ClientCase, ClientSuite, Exchange, Note } from '../types.ts';

interface Clients {
  readonly connection: ChannelModel;
  readonly channel: ConfirmChannel;
  /** The prefix of the queues. */
  readonly name: string;
  /** Takes answers to the requests that wait for one, by correlation id. */
  readonly replies: string;
  readonly waiting: Map<string, (answer: string) => void>;
}

async function open(name: string, note: Note): Promise<Clients> {
  const connection = await connect(services.rabbitmq.url);
  const channel = await connection.createConfirmChannel();
  const noteMessage = ({ content }: ConsumeMessage) => {
    note(content.toString(), 'message', getRequestId());
  };
  await consumePlainly(channel, `${name}.plain`, noteMessage);
  await consume(channel, `${name}.carried`, noteMessage);
  channel.on('return', ({ fields, properties }) => {
    const requestId = String(properties.headers?.['x-request-id']);
    const noteReturn = () => note(requestId, 'return', getRequestId());
    if (fields.routingKey === `${name}.nobody.plain`) noteReturn();
    else context.run({ requestId }, noteReturn);
  });
  const waiting = new Map<string, (answer: string) => void>();
  const { queue: replies } = await channel.assertQueue('', { exclusive: true });
  await channel.consume(replies, (message) => {
    waiting.get(message?.properties.correlationId)?.(String(message?.content));
  });
  return { connection, channel, name, replies, waiting };
}

async function close({ connection }: Clients): Promise<void> {
  await connection.close();
}

async function consumePlainly(
  channel: Channel,
  queue: string,
  handle: (message: ConsumeMessage) => void,
): Promise<void> {
  await channel.assertQueue(queue, { autoDelete: true });
  await channel.consume(queue, (message) => {
    if (message !== null) handle(message);
  });
}

async function consume(
  channel: Channel,
  queue: string,
  handle: (message: ConsumeMessage) => void,
): Promise<void> {
  await channel.assertQueue(queue, { autoDelete: true });
  await channel.consume(queue, (message) => {
    if (message === null) return;
    const requestId = message.properties.headers?.['x-request-id'] ?? newRequestId();
    context.run({ requestId }, () => handle(message));
  });
}

function send(channel: Channel, queue: string, content: string): void {
  const headers = { 'x-request-id': getRequestId() };
  channel.sendToQueue(queue, Buffer.from(content), { headers, mandatory: true });
}

function confirm(
  channel: ConfirmChannel,
  { id }: Exchange,
  confirmed: () => void,
): Promise<string> {
  return new Promise((resolve) => {
    channel.sendToQueue(id, Buffer.from(id), {}, () => {
      confirmed();
      resolve(id);
    });
  });
}

async function consumeOnce(
  { channel }: Clients,
  { id }: Exchange,
  listener: () => void,
): Promise<string> {
  const { queue } = await channel.assertQueue('', { exclusive: true });
  return new Promise((resolve, reject) => {
    const consumed = channel.consume(queue, (message) => {
      listener();
      resolve(String(message?.content));
    });
    consumed.catch(reject);
    channel.sendToQueue(queue, Buffer.from(id));
  });
}

/** Calls back with the answer that comes to the queue that all requests share. */
function call(
  { channel, replies, waiting }: Clients,
  content: string,
  callback: (answer: string) => void,
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
    title: '`await` of an answer on a shared queue',
    places: ['then'],
    async use(clients, { id, probe }) {
      const answer = await new Promise<string>((resolve) => call(clients, id, resolve));
      probe('then');
      return answer;
    },
  },
  {
    title: 'a callback for an answer on a shared queue',
    places: ['callback'],
    use: (clients, { id, probe }) =>
      new Promise((resolve) => {
        call(clients, id, (answer) => {
          probe('callback');
          resolve(answer);
        });
      }),
    wrong: {
      places: ['callback'],
      recipe: '`context.snapshot()`',
      use: (clients, { id, probe }) =>
        new Promise((resolve) => {
          const handle = (answer: string) => {
            probe('callback');
            resolve(answer);
          };
          const inThisRequest = context.snapshot();
          call(clients, id, (answer) => inThisRequest(handle, answer));
        }),
    },
  },
  {
    title: '`channel.sendToQueue(queue, content, options, callback)`, confirmed',
    places: ['callback'],
    use: ({ channel }, exchange) => confirm(channel, exchange, () => exchange.probe('callback')),
    wrong: {
      places: ['callback'],
      recipe: '`context.bind(callback)`',
      use({ channel }, exchange) {
        const confirmed = context.bind(() => exchange.probe('callback'));
        return confirm(channel, exchange, confirmed);
      },
    },
  },
  {
    title: '`channel.consume(queue, listener)`, for a request that waits',
    places: ['message'],
    use: (clients, exchange) => consumeOnce(clients, exchange, () => exchange.probe('message')),
    wrong: {
      places: ['message'],
      recipe: '`context.bind(listener)`',
      use(clients, exchange) {
        const listener = context.bind(() => exchange.probe('message'));
        return consumeOnce(clients, exchange, listener);
      },
    },
  },
  {
    title: '`channel.consume(queue, listener)`',
    places: ['message'],
    async use({ channel, name }, { id }) {
      send(channel, `${name}.plain`, id);
      return id;
    },
    wrong: {
      places: ['message'],
      recipe: '`context.run(values, handle)`',
      async use({ channel, name }, { id }) {
        send(channel, `${name}.carried`, id);
        return id;
      },
    },
  },
  {
    title: '`return` of a channel',
    places: ['return'],
    async use({ channel, name }, { id }) {
      send(channel, `${name}.nobody.plain`, id);
      return id;
    },
    wrong: {
      places: ['return'],
      recipe: '`context.run(values, handle)`',
      async use({ channel, name }, { id }) {
        send(channel, `${name}.nobody.carried`, id);
        return id;
      },
    },
  },
  {
    title: "`error` and `close` of a request's own channel",
    places: ['error', 'close', 'catch'],
    async use({ connection, name }, { id, probe }) {
      const channel = await connection.createChannel();
      channel.on('error', () => probe('error'));
      channel.on('close', () => probe('close'));
      await channel.checkQueue(`${name}.nothing`).catch(() => probe('catch'));
      return id;
    },
    wrong: {
      places: ['error', 'close'],
      recipe: '`context.bindEmitter(channel)`',
      async use({ connection, name }, { id, probe }) {
        const channel = context.bindEmitter(await connection.createChannel());
        channel.on('error', () => probe('error'));
        channel.on('close', () => probe('close'));
        await channel.checkQueue(`${name}.nothing`).catch(() => probe('catch'));
        return id;
      },
    },
  },
];

export const amqplib: ClientSuite<Clients> = {
  name: 'amqplib',
  service: 'rabbitmq',
  open,
  close,
  cases,
};
