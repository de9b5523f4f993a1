import { createRequire } from 'node:module';
import {
  createRecordsBatch,
  Reader,
  readRecordsBatch,
  stringDeserializer,
  stringSerializer,
} from '@platformatic/kafka';
import { context, getRequestId } from '@request-context/core';
import * as entry from '@request-context/propagation/kafka';
import { CompressionTypes, type EachMessagePayload, type KafkaMessage } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { testMessaging, type WireHeaders } from './support/test-messaging.ts';

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

// No broker here: messages pass through the clients' own encoders and decoders, as on their way through one.
const require = createRequire(import.meta.url);
const protocol = 'kafkajs/src/protocol';
const Decoder = require(`${protocol}/decoder`);
const Record = require(`${protocol}/recordBatch/record/v0`);
const { RecordBatch } = require(`${protocol}/recordBatch/v0`);
const decodeBatch = require(`${protocol}/recordBatch/v0/decoder`);
const decodeRecord = require(`${protocol}/recordBatch/record/v0/decoder`);

/** Returns a message of kafkajs at the other end. */
function transmitByKafkajs(headers: unknown): KafkaMessage {
  const { buffer } = Record({ key: null, value: Buffer.from('value'), headers });
  const decoder = new Decoder(buffer);
  decoder.readVarInt();
  return decodeRecord(decoder, { firstOffset: '0', firstTimestamp: '0' });
}

function payloadOf(message: unknown): EachMessagePayload {
  const fields = {
    topic: 'orders',
    partition: 0,
    heartbeat: async () => {},
    pause: () => () => {},
  };
  return { ...fields, message: message as KafkaMessage };
}

interface Serde {
  serialize(value: unknown): Buffer | undefined;
  deserialize(value: Buffer): unknown;
}

const text: Serde = {
  serialize: (value) => stringSerializer(value as string),
  deserialize: stringDeserializer,
};
const bytes: Serde = { serialize: (value) => value as Buffer, deserialize: (value) => value };

/** Returns a message of @platformatic/kafka at the other end. Its producer and its stream use serializers so. */
function transmitByPlatformatic(headers: unknown, { serialize, deserialize }: Serde = text) {
  const sent = headers instanceof Map ? [...headers] : Object.entries(headers as object);
  // Each Buffer is another key of the Map, so that a name can be sent twice.
  const serialized = sent.flatMap(([name, values]) =>
    [values].flat().map((value) => [serialize(name), serialize(value)] as [Buffer, Buffer]),
  );
  const value = Buffer.from('value');
  const { buffer } = createRecordsBatch([{ topic: 'orders', value, headers: new Map(serialized) }]);
  const [record] = readRecordsBatch(Reader.from(buffer)).records;
  const headerEntries = (record?.headers ?? []).map(([name, value]): [unknown, unknown] => [
    name && deserialize(name),
    value && deserialize(value),
  ]);
  return { topic: 'orders', value, headers: new Map(headerEntries), headerEntries };
}

describe('@request-context/propagation/kafka', () => {
  describe('with kafkajs', () => {
    testMessaging(entry, {
      create: (headers) => headers,
      transmit: transmitByKafkajs,
      argumentsFor: (message) => [payloadOf(message)],
      // kafkajs copies all headers once for each: the decoder's time is quadratic.
      maxHeaders: 1_000,
    });

    it('run the messages of a batch, each under its id, from a compressed batch', async () => {
      const records = ['id-1', 'id-2', undefined].map((requestId, offsetDelta) => {
        const headers = requestId && context.run({ requestId }, () => entry.messageHeaders());
        return Record({ offsetDelta, key: null, value: Buffer.from('value'), headers });
      });
      const { buffer } = await RecordBatch({ compression: CompressionTypes.GZIP, records });
      const batch: { records: KafkaMessage[] } = await decodeBatch(new Decoder(buffer));
      const ids = batch.records.map((message) => entry.runWithMessage(message, getRequestId));
      expect(ids).toEqual(['id-1', 'id-2', expect.stringMatching(uuid)]);
      expect(batch.records[0]?.headers?.['X-Request-ID']).toEqual(Buffer.from('id-1'));
    });

    it('read a message of an old format, which has no headers', () => {
      const { headers: _, ...old } = transmitByKafkajs({});
      expect(entry.runWithMessage(old as KafkaMessage, getRequestId)).toMatch(uuid);
    });
  });

  describe.each([
    ['an object', (headers: WireHeaders) => headers],
    ['a Map', (headers: WireHeaders) => new Map(Object.entries(headers))],
  ])('with @platformatic/kafka, headers in %s', (_, create) => {
    testMessaging(entry, {
      create,
      transmit: (headers) => transmitByPlatformatic(headers),
      argumentsFor: (message) => [message],
    });
  });

  describe('with @platformatic/kafka', () => {
    it('set Buffers in a Map of Buffers, as a producer without serializers needs', () => {
      const headers = new Map([[Buffer.from('baggage'), Buffer.from('a=1')]]);
      const values = { requestId: 'id-1', tenant: 'acme' };
      const options = { keys: ['tenant'] as never };
      const sent = context.run(values, () => entry.messageHeaders(headers, options));
      expect([...sent].flat().every(Buffer.isBuffer)).toBe(true);
      const message = transmitByPlatformatic(sent, bytes);
      const seen = entry.runWithMessage(message, () => context.toObject(), options);
      expect(seen).toEqual(values);
      expect(headers.size).toBe(1);
    });

    it('read a message that has no `headerEntries`', () => {
      const { headers } = transmitByPlatformatic({ 'x-request-id': 'id-1' }, text);
      expect(entry.runWithMessage({ headers }, getRequestId)).toBe('id-1');
    });
  });
});
