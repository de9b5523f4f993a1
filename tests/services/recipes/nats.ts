import { headers, type Msg, type NatsConnection } from '@nats-io/transport-node';
import {
  messageHeaders,
  runWithMessage,
  withRequestContext,
} from '@request-context/propagation/nats';

/** Sends a request that carries the id, and returns the reply. */
export async function request(
  connection: NatsConnection,
  subject: string,
  body: string,
): Promise<string> {
  const options = { headers: messageHeaders(headers()), timeout: 10_000 };
  const reply = await connection.request(subject, body, options);
  return reply.string();
}

/** Handles each message of a subject with the id that it carries. */
export function subscribe(
  connection: NatsConnection,
  subject: string,
  handle: (message: Msg) => void,
): void {
  const callback = withRequestContext((error: Error | null, message: Msg) => {
    if (error === null) handle(message);
  });
  connection.subscribe(subject, { callback });
}

/** Does the same in a loop. */
export async function iterate(
  connection: NatsConnection,
  subject: string,
  handle: (message: Msg) => void,
): Promise<void> {
  for await (const message of connection.subscribe(subject)) {
    runWithMessage(message, () => handle(message));
  }
}
