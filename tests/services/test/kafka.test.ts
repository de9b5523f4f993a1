import { Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka';
import { record } from '@request-context/conformance/engine';
import { getRequestId } from '@request-context/core';
import * as kafkajs from 'kafkajs';
import { describe } from 'vitest';
import { consume, consumeBatches, send } from '../recipes/kafkajs.ts';
import * as platformatic from '../recipes/platformatic-kafka.ts';
import type { ClientCase, ClientSuite } from '../src/run-case.ts';
import { services } from '../src/services.ts';
import { testCases } from '../src/test-client.ts';

interface Kafka {
  /** Sends a message. */
  send(value: string): Promise<void>;
  close(): Promise<unknown>;
  /** Called when a message is handled, by its value. */
  readonly waiting: Map<string, () => void>;
}

/** The topic of all cases. Each has its own group, and gets the messages of others too. */
const topic = 'orders';
const broker = new URL(services.kafka.url).host;

/** Returns a function that handles a message of a request, and what waits for that. */
function createHandler() {
  const waiting = new Map<string, () => void>();
  async function handle({ value }: { readonly value: unknown }): Promise<void> {
    await new Promise(setImmediate);
    const id = String(value);
    const done = waiting.get(id);
    if (done === undefined) return;
    record(id, 'message');
    done();
  }
  return { waiting, handle };
}

function kafkajsSuite(consumeMessages: typeof consume): ClientSuite<Kafka> {
  return {
    async open(name) {
      const client = new kafkajs.Kafka({ brokers: [broker], logLevel: kafkajs.logLevel.NOTHING });
      const { waiting, handle } = createHandler();
      const producer = client.producer();
      const consumer = client.consumer({ groupId: name });
      await producer.connect();
      await consumer.connect();
      await consumer.subscribe({ topics: [topic], fromBeginning: true });
      await consumeMessages(consumer, handle);
      return {
        send: (value) => send(producer, topic, value),
        close: () => Promise.all([producer.disconnect(), consumer.disconnect()]),
        waiting,
      };
    },
    close: (client) => client.close(),
  };
}

const platformaticSuite: ClientSuite<Kafka> = {
  async open(name) {
    const options = { clientId: name, bootstrapBrokers: [broker], autocreateTopics: true };
    const producer = new Producer({ ...options, serializers: stringSerializers });
    const consumer = new Consumer({
      ...options,
      groupId: name,
      deserializers: stringDeserializers,
    });
    const { waiting, handle } = createHandler();
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest' });
    const done = platformatic.consume(stream, handle);
    return {
      send: (value) => platformatic.send(producer, topic, value),
      async close() {
        await stream.close();
        await done;
        await Promise.all([producer.close(), consumer.close()]);
      },
      waiting,
    };
  },
  close: (client) => client.close(),
};

function caseOf(title: string): ClientCase<Kafka> {
  return {
    title,
    places: ['message'],
    async use({ send, waiting }, { id }) {
      const handled = new Promise<void>((resolve) => waiting.set(id, resolve));
      await send(id);
      await handled;
      return getRequestId() ?? 'none';
    },
  };
}

testCases('kafkajs', 'kafka', kafkajsSuite(consume), [caseOf('`eachMessage`')]);
testCases('batches of kafkajs', 'kafka', kafkajsSuite(consumeBatches), [caseOf('`eachBatch`')]);

const isOld = Number.parseInt(process.versions.node, 10) < 22;
describe.skipIf(isOld)(isOld ? '@platformatic/kafka needs Node 22' : 'on Node 22 and later', () => {
  testCases('@platformatic/kafka', 'kafka', platformaticSuite, [caseOf('a loop over a stream')]);
});
