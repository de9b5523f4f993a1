import { once } from 'node:events';
import { record } from '@request-context/conformance/engine';
import { context, getRequestId, newRequestId } from '@request-context/core';
import {
  messageHeaders,
  runWithMessage,
  withRequestContext,
} from '@request-context/propagation/amqplib';
import { type Channel, type ChannelModel, type ConsumeMessage, connect } from 'amqplib';
import { type Connection, connect as connectWithCallback } from 'amqplib/callback_api';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addJob, work } from '../recipes/rabbitmq-jobs.ts';
import type { ClientCase } from '../src/run-case.ts';
import { services } from '../src/services.ts';
import { testCases, withService } from '../src/test-client.ts';

interface Job {
  readonly id: string;
}

interface Clients {
  readonly connection: ChannelModel;
  readonly channel: Channel;
  /** The name of a queue. */
  readonly name: string;
}

const cases: ClientCase<Clients>[] = [
  {
    title: 'the jobs of a queue, each tried twice',
    places: ['first', 'again'],
    async use({ channel, name }, { id }) {
      addJob(channel, name, { id });
      return id;
    },
  },
];

async function open(name: string): Promise<Clients> {
  const connection = await connect(services.rabbitmq.url);
  const channel = await connection.createChannel();
  await channel.assertQueue(name, { autoDelete: true });
  const failed = new Set<string>();
  await work<Job>(channel, name, async ({ id }) => {
    await new Promise(setImmediate);
    record(id, failed.has(id) ? 'again' : 'first');
    if (failed.has(id)) return;
    failed.add(id);
    throw new Error('tried once');
  });
  return { connection, channel, name };
}

testCases('jobs of RabbitMQ', 'rabbitmq', { open, close: (it) => it.connection.close() }, cases);

withService('rabbitmq', '@request-context/propagation/amqplib', () => {
  /** Runs a task as a part of a request. */
  const inRequest = <T>(task: () => T) => context.run({ requestId: 'opener' }, task);

  let connection: ChannelModel;
  let channel: Channel;

  beforeAll(async () => {
    // What the client does without a caller, it does in the scope of its socket.
    connection = await inRequest(() => connect(services.rabbitmq.url));
    channel = await connection.createChannel();
  });
  afterAll(() => connection.close());

  /** Returns what the handler returns for the first message of a queue, of a consumer that a request opens. */
  function handleFirst<T>(
    queue: string,
    handle: (message: ConsumeMessage | null) => T,
    options?: Parameters<typeof withRequestContext>[1],
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const listener = withRequestContext(
        (message: ConsumeMessage | null) => resolve(handle(message)),
        options,
      );
      inRequest(() => channel.consume(queue, listener, { noAck: true })).catch(reject);
    });
  }

  async function createQueue(): Promise<string> {
    const { queue } = await channel.assertQueue('', { exclusive: true });
    return queue;
  }

  it('call a consumer that is cancelled with null, outside of any scope', async () => {
    const queue = await createQueue();
    const cancelled = handleFirst(queue, (message) => ({ message, active: context.active }));
    await channel.checkQueue(queue);
    await channel.deleteQueue(queue);
    expect(await cancelled).toEqual({ message: null, active: false });
  });

  it('call a consumer of the callback API that is cancelled with null, too', async () => {
    const connection = await new Promise<Connection>((resolve, reject) => {
      const done = (error: Error | null, connected: Connection) => {
        if (error) reject(error);
        else resolve(connected);
      };
      inRequest(() => connectWithCallback(services.rabbitmq.url, done));
    });
    const seen = await new Promise((resolve, reject) => {
      connection.createChannel((error, own) => {
        if (error) return reject(error);
        own.assertQueue('', { exclusive: true }, (_, { queue }) => {
          const listener = withRequestContext((message) =>
            resolve({ message, active: context.active }),
          );
          inRequest(() => own.consume(queue, listener, {}, () => own.deleteQueue(queue)));
        });
      });
    });
    expect(seen).toEqual({ message: null, active: false });
    await new Promise((resolve) => connection.close(resolve));
  });

  it.each([
    ['no headers', undefined],
    ['a number as id', { 'X-Request-ID': 7 }],
    ['a table as id', { 'X-Request-ID': { id: 'a' } }],
    ['a list as id', { 'X-Request-ID': ['a', 'b'] }],
    ['an id with a line break', { 'X-Request-ID': 'a\nb' }],
    ['an id of 60,000 characters', { 'X-Request-ID': 'a'.repeat(60_000) }],
  ])('run under a fresh id for a message with %s', async (_, headers) => {
    const queue = await createQueue();
    channel.sendToQueue(queue, Buffer.from(''), { headers });
    const id = await handleFirst(queue, getRequestId);
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('read an id that another client sent as bytes', async () => {
    const queue = await createQueue();
    const headers = { 'x-request-id': Buffer.from('id-1') };
    channel.sendToQueue(queue, Buffer.from(''), { headers });
    expect(await handleFirst(queue, getRequestId)).toBe('id-1');
  });

  it("run under a fresh id with `id: 'child'`, and keep the sender's as the parent's", async () => {
    const queue = await createQueue();
    context.run({ requestId: 'id-1' }, () => addJob(channel, queue, {}));
    const values = await handleFirst(queue, () => context.toObject(), { id: 'child' });
    expect(values).toEqual({ requestId: expect.any(String), parentRequestId: 'id-1' });
    expect(values.requestId).not.toBe('id-1');
  });

  it('keep the id of a message that a broken channel returns to the queue', async () => {
    const queue = `rc_${newRequestId()}`;
    const own = await connection.createChannel();
    await channel.assertQueue(queue, { autoDelete: false });
    try {
      context.run({ requestId: 'id-1' }, () => addJob(channel, queue, {}));
      await new Promise<void>((resolve, reject) => {
        own.consume(queue, () => resolve()).catch(reject);
      });
      await own.close();
      const seen = await handleFirst(queue, (message) => [
        message?.fields.redelivered,
        getRequestId(),
      ]);
      expect(seen).toEqual([true, 'id-1']);
    } finally {
      await channel.deleteQueue(queue);
    }
  });

  it('keep the id of a message that goes to a dead-letter exchange, and of one sent again', async () => {
    const dead = await createQueue();
    const { queue } = await channel.assertQueue('', {
      exclusive: true,
      deadLetterExchange: '',
      deadLetterRoutingKey: dead,
      messageTtl: 1,
    });
    context.run({ requestId: 'id-1' }, () => addJob(channel, queue, {}));
    const seen = await handleFirst(dead, (message) => ({
      id: getRequestId(),
      headers: message?.properties.headers,
    }));
    expect(seen).toMatchObject({ id: 'id-1', headers: { 'x-first-death-queue': queue } });
    const { headers } = seen;
    const again = await createQueue();
    inRequest(() =>
      channel.sendToQueue(again, Buffer.from(''), { headers: messageHeaders(headers) }),
    );
    expect(await handleFirst(again, getRequestId)).toBe('id-1');
  });

  it('run a task with a message of `channel.get()`', async () => {
    const queue = await createQueue();
    context.run({ requestId: 'id-1' }, () => addJob(channel, queue, {}));
    await expect
      .poll(async () => {
        const message = await channel.get(queue, { noAck: true });
        return message && inRequest(() => runWithMessage(message, getRequestId));
      })
      .toBe('id-1');
  });

  it('pass on the error of a listener as the client expects it', async () => {
    const queue = await createQueue();
    const own = await connection.createChannel();
    const errors = once(own, 'handler-error');
    const error = new Error('of the listener');
    const listener = withRequestContext(() => {
      throw error;
    });
    await own.consume(queue, listener, { noAck: true });
    channel.sendToQueue(queue, Buffer.from(''));
    expect((await errors)[0]).toBe(error);
  });
});
