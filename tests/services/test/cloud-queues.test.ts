import { context, getRequestId } from '@request-context/core';
import { describe, expect, it } from 'vitest';
import * as pubsub from '../recipes/pubsub.ts';
import * as sqs from '../recipes/sqs.ts';

const inRequest = <T>(task: () => T) => context.run({ requestId: 'id-1' }, task);
const inAnother = <T>(task: () => T) => context.run({ requestId: 'other' }, task);
const fresh = expect.stringMatching(/^[0-9a-f-]{36}$/);

describe('SQS', () => {
  it('add an attribute for the id, which the other end finds', () => {
    const given = { type: { DataType: 'String', StringValue: 'order' } };
    const MessageAttributes = inRequest(() => sqs.messageAttributes(given));
    expect(MessageAttributes).toEqual({
      ...given,
      'X-Request-ID': { DataType: 'String', StringValue: 'id-1' },
    });
    const message = { MessageId: '1', Body: '', MessageAttributes };
    expect(inAnother(() => sqs.runWithMessage(message, getRequestId))).toBe('id-1');
    expect(Object.keys(given)).toEqual(['type']);
  });

  it('find the id in a record of AWS Lambda', () => {
    const record = {
      messageId: '1',
      body: '',
      messageAttributes: { 'x-request-id': { dataType: 'String', stringValue: 'id-1' } },
    };
    expect(inAnother(() => sqs.runWithRecord(record, getRequestId))).toBe('id-1');
  });

  it('add no eleventh attribute', () => {
    const given = Object.fromEntries(
      Array.from({ length: 10 }, (_, index) => [`a${index}`, { DataType: 'Number' }]),
    );
    expect(inRequest(() => sqs.messageAttributes(given))).toEqual(given);
  });

  it("keep the caller's own attribute", () => {
    const given = { 'x-request-id': { DataType: 'String', StringValue: 'mine' } };
    expect(inRequest(() => sqs.messageAttributes(given))).toEqual(given);
  });

  it('run under a fresh id for a message without attributes', () => {
    expect(inAnother(() => sqs.runWithMessage({}, getRequestId))).toEqual(fresh);
    const binary = { 'X-Request-ID': { DataType: 'Binary', BinaryValue: new Uint8Array(1) } };
    const message = { MessageAttributes: binary };
    expect(inAnother(() => sqs.runWithMessage(message, getRequestId))).toEqual(fresh);
  });
});

describe('Pub/Sub', () => {
  it('add an attribute for the id, which the other end finds', () => {
    const given = { type: 'order' };
    const attributes = inRequest(() => pubsub.messageAttributes(given));
    expect(attributes).toEqual({ type: 'order', 'X-Request-ID': 'id-1' });
    const message = { id: '1', data: Buffer.from(''), attributes };
    expect(inAnother(() => pubsub.runWithMessage(message, getRequestId))).toBe('id-1');
    expect(Object.keys(given)).toEqual(['type']);
  });

  it('add no value that is too long', () => {
    const requestId = 'a'.repeat(1025);
    expect(context.run({ requestId }, () => pubsub.messageAttributes())).toEqual({});
  });

  it('run under a fresh id for a message without attributes', () => {
    const run = () => pubsub.runWithMessage({ attributes: {} }, getRequestId);
    expect(inAnother(run)).toEqual(fresh);
  });
});
