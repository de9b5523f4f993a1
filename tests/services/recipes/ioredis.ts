import { context, getRequestId, newRequestId } from '@request-context/core';
import type { Redis } from 'ioredis';

/** Publishes a message that carries the request's id. */
export async function publish(redis: Redis, channel: string, message: object): Promise<void> {
  await redis.publish(channel, JSON.stringify({ ...message, requestId: getRequestId() }));
}

/** Subscribes to a channel. Handles each message with the id that it carries. */
export async function subscribe<Message>(
  subscriber: Redis,
  channel: string,
  handle: (message: Message) => void,
): Promise<void> {
  subscriber.on('message', (from, text) => {
    if (from !== channel) return;
    const message = JSON.parse(text);
    const requestId = message.requestId ?? newRequestId();
    context.run({ requestId }, () => handle(message));
  });
  await subscriber.subscribe(channel);
}
