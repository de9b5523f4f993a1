import { createPropagator } from '@request-context/propagation';
import type { MqttClient } from 'mqtt';

type UserProperties = Record<string, string | string[]>;

const propagator = createPropagator();

/** Publishes a message that carries the request's id. The client needs `protocolVersion: 5`. */
export async function publish(client: MqttClient, topic: string, payload: string): Promise<void> {
  const userProperties = propagator.inject<UserProperties>({});
  await client.publishAsync(topic, payload, { qos: 1, properties: { userProperties } });
}

/** Handles each message with the id that it carries. */
export function onMessage(
  client: MqttClient,
  handle: (topic: string, payload: Buffer) => void,
): void {
  client.on('message', (topic, payload, { properties }) => {
    propagator.run(properties?.userProperties, () => handle(topic, payload));
  });
}
