import { record } from '@request-context/conformance/engine';
import { context, getRequestId, newRequestId } from '@request-context/core';
import { connectAsync, type IClientPublishOptions, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { onMessage, publish } from '../recipes/mqtt.ts';
import type { ClientCase } from '../src/run-case.ts';
import { services } from '../src/services.ts';
import { testCases, withService } from '../src/test-client.ts';

interface Mqtt {
  readonly client: MqttClient;
  readonly topic: string;
}

const cases: ClientCase<Mqtt>[] = [
  {
    title: '`message` of a client',
    places: ['message'],
    async use({ client, topic }, { id }) {
      await publish(client, topic, id);
      return id;
    },
  },
];

async function open(name: string): Promise<Mqtt> {
  const client = await connectAsync(services.mqtt.url, { protocolVersion: 5 });
  const topic = `${name}/jobs`;
  onMessage(client, (_topic, payload) => record(payload.toString(), 'message'));
  await client.subscribeAsync(topic, { qos: 1 });
  return { client, topic };
}

testCases('mqtt', 'mqtt', { open, close: ({ client }) => client.endAsync() }, cases);

withService('mqtt', 'mqtt', () => {
  let client: MqttClient;
  const topic = `rc/${newRequestId()}`;
  let resolve: (id: string | undefined) => void = () => {};

  beforeAll(async () => {
    client = await connectAsync(services.mqtt.url, { protocolVersion: 5 });
    context.run({ requestId: 'opener' }, () => onMessage(client, () => resolve(getRequestId())));
    await client.subscribeAsync(topic, { qos: 1 });
  });
  afterAll(() => client.endAsync());

  it.each<[string, IClientPublishOptions, unknown]>([
    [
      'the id in lower case',
      { properties: { userProperties: { 'x-request-id': 'id-1' } } },
      'id-1',
    ],
    ['no properties', {}, expect.stringMatching(/^[0-9a-f-]{36}$/)],
    [
      'two ids',
      { properties: { userProperties: { 'X-Request-ID': ['id-1', 'id-2'] } } },
      expect.stringMatching(/^[0-9a-f-]{36}$/),
    ],
  ])('handle a message with %s', async (_, options, expected) => {
    const seen = new Promise((done) => {
      resolve = done;
    });
    await client.publishAsync(topic, '', { ...options, qos: 1 });
    expect(await seen).toEqual(expected);
  });
});
