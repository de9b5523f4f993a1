import { headers as createHeaders, type MsgHdrs } from '@nats-io/nats-core';
import { MsgHdrsImpl } from '@nats-io/nats-core/internal';
import * as entry from '@request-context/propagation/nats';
import { describe, expect, it } from 'vitest';
import { testMessaging, type WireHeaders } from './support/test-messaging.ts';

function create(headers: WireHeaders): MsgHdrs {
  const created = createHeaders();
  for (const [name, values] of Object.entries(headers)) {
    for (const value of [values].flat()) created.append(name, value);
  }
  return created;
}

/** Returns a message, with its headers encoded and decoded as the client does. */
function transmit(headers: unknown): { readonly headers: MsgHdrs } {
  return { headers: MsgHdrsImpl.decode((headers as MsgHdrsImpl).encode()) };
}

describe('@request-context/propagation/nats', () => {
  describe.each([
    ['a subscription', (message: unknown) => [null, message]],
    ['a consumer of JetStream', (message: unknown) => [message]],
  ])('called back by %s', (_, argumentsFor) => {
    testMessaging(entry, {
      create,
      transmit,
      argumentsFor,
      withoutMessage: [new Error('of the subscription'), {}],
    });
  });

  it('keep several values of a header, the code and the description', () => {
    const given = createHeaders(503, 'Busy');
    given.append('Trace', '1');
    given.append('Trace', '2');
    const sent = entry.messageHeaders(given);
    expect(sent).toEqual(given);
    expect(sent).not.toBe(given);
    expect(transmit(sent).headers.values('Trace')).toEqual(['1', '2']);
  });
});
