import type { Consumer, JetStreamClient, JsMsg } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import {
  messageHeaders,
  runWithMessage,
  withRequestContext,
} from '@request-context/propagation/nats';

/** Adds a message to a stream. It carries the request's id. */
export async function add(client: JetStreamClient, subject: string, data: string): Promise<void> {
  await client.publish(subject, data, { headers: messageHeaders(headers()) });
}

/** Handles the messages of a consumer, each with the id that it carries. One that fails is delivered again. */
export async function work(
  consumer: Consumer,
  handle: (message: JsMsg) => Promise<void>,
): Promise<void> {
  for await (const message of await consumer.consume()) {
    await runWithMessage(message, () => handle(message)).then(
      () => message.ack(),
      () => message.nak(),
    );
  }
}

/** Does the same by a callback. */
export async function listen(consumer: Consumer, handle: (message: JsMsg) => void): Promise<void> {
  const callback = withRequestContext((message: JsMsg) => {
    handle(message);
    message.ack();
  });
  await consumer.consume({ callback });
}
