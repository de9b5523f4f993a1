import { context } from '@request-context/core';
import * as entry from '@request-context/propagation/amqplib';
import { describe, expect, it } from 'vitest';
import { testMessaging } from './support/test-messaging.ts';

// tests/services sends them through RabbitMQ.
describe('@request-context/propagation/amqplib', () => {
  testMessaging(entry, {
    create: (headers) => headers,
    transmit: (headers) => ({
      content: Buffer.from('content'),
      fields: { deliveryTag: 1, redelivered: false },
      properties: { headers },
    }),
    argumentsFor: (message) => [message],
  });

  it.each([undefined, null, 7, 'text'])('start from no headers for %o', (headers) => {
    const make = () => entry.messageHeaders(headers as object | undefined);
    expect(context.run({ requestId: 'id-1' }, make)).toEqual({ 'X-Request-ID': 'id-1' });
    expect(make()).toEqual({});
  });
});
