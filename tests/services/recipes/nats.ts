import { headers, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { context, getRequestId, newRequestId } from '@request-context/core';

/** Sends a request that carries the id, and returns the reply. */
export async function request(
  connection: NatsConnection,
  subject: string,
  body: string,
): Promise<string> {
  const carrier = headers();
  carrier.set('X-Request-ID', getRequestId() ?? '');
  const reply = await connection.request(subject, body, { headers: carrier, timeout: 10_000 });
  return reply.string();
}

/** Handles each message of a subject with the id that it carries. */
export function subscribe(
  connection: NatsConnection,
  subject: string,
  handle: (message: Msg) => void,
): void {
  connection.subscribe(subject, {
    callback(_error, message) {
      const requestId = message.headers?.get('X-Request-ID') || newRequestId();
      context.run({ requestId }, () => handle(message));
    },
  });
}

/** Does the same in a loop. */
export async function iterate(
  connection: NatsConnection,
  subject: string,
  handle: (message: Msg) => void,
): Promise<void> {
  for await (const message of connection.subscribe(subject)) {
    const requestId = message.headers?.get('X-Request-ID') || newRequestId();
    context.run({ requestId }, () => handle(message));
  }
}
