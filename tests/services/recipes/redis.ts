import { context, getRequestId, newRequestId } from '@request-context/core';
import type { RedisClientPoolType, RedisClientType } from 'redis';

/** Publishes a message that carries the request's id. */
export async function publish(
  client: RedisClientType,
  channel: string,
  message: object,
): Promise<void> {
  await client.publish(channel, JSON.stringify({ ...message, requestId: getRequestId() }));
}

/** Subscribes to a channel. Handles each message with the id that it carries. */
export async function subscribe<Message>(
  subscriber: RedisClientType,
  channel: string,
  handle: (message: Message) => void,
): Promise<void> {
  await subscriber.subscribe(channel, (text) => {
    const message = JSON.parse(text);
    const requestId = message.requestId ?? newRequestId();
    context.run({ requestId }, () => handle(message));
  });
}

/** Runs several commands on one client of a pool, in the scope of the request that asks for it. */
export function execute<T>(
  pool: RedisClientPoolType,
  task: (client: RedisClientType) => Promise<T>,
): Promise<T> {
  return pool.execute(context.bind(task));
}
