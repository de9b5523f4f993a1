import { context, InvalidOptionError } from '@request-context/core';
import { describe, expect, it, vi } from 'vitest';
import type { MessageOptions } from '../../src/message/messaging.ts';

/** Headers by name, several values of one as an array. */
export type WireHeaders = Readonly<Record<string, string | readonly string[]>>;

/** What an entry exports, given anything. */
interface Entry {
  messageHeaders(headers: unknown, options?: object): unknown;
  withRequestContext<H extends (...args: never[]) => unknown>(handler: H, options?: object): H;
  runWithMessage<T>(message: unknown, task: () => T, options?: object): T;
}

/** A client of a broker. */
export interface TestedClient {
  /** Returns headers as a user creates them, with those that are named. */
  create(headers: WireHeaders): unknown;
  /** Sends headers to the other end. Returns the message there, as the client's decoder does. */
  transmit(headers: unknown): unknown;
  /** Returns the arguments that the client calls a handler with. */
  argumentsFor(message: unknown): unknown[];
  /** Returns the arguments of a call without a message. @default null alone */
  readonly withoutMessage?: readonly unknown[];
  /** The most headers of a message that the client handles in reasonable time. @default 10,000 */
  readonly maxHeaders?: number;
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const keys = ['tenant'];
const ambient = { requestId: 'ambient', tenant: 'ambient' };
const nothing = Symbol('nothing');

function inScope<T>(values: object, task: () => T): T {
  return context.run(values, task);
}

/** Returns the values of the current scope. */
function values(): unknown {
  return context.active ? { ...context.toObject() } : nothing;
}

/** Objects that throw, whatever is done with them. */
function throwing(): object {
  const fail = () => {
    throw new Error('hostile');
  };
  return new Proxy({}, { get: fail, ownKeys: fail, has: fail, getPrototypeOf: fail, set: fail });
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

const invalid: readonly (readonly [title: string, headers: WireHeaders])[] = [
  ['no header', {}],
  ['an empty id', { 'X-Request-ID': '' }],
  ['an id with markup', { 'X-Request-ID': '<b>' }],
  ['an id that is too long', { 'X-Request-ID': 'a'.repeat(129) }],
  ['an id of 10 MB', { 'X-Request-ID': 'a'.repeat(10 * 1024 * 1024) }],
  ['two ids', { 'X-Request-ID': ['one', 'two'] }],
  ['two ids, in upper and lower case', { 'X-Request-ID': 'one', 'x-request-id': 'two' }],
];

const hostile: readonly (readonly [title: string, create: () => unknown])[] = [
  ['a number', () => 7],
  ['text', () => 'text'],
  ['false', () => false],
  ['an empty object', () => ({})],
  ['a frozen object', () => Object.freeze({})],
  ['an array', () => [1, null]],
  ['a Proxy that throws', throwing],
  ['a revoked Proxy', revoked],
];

const badOptions: readonly (readonly [option: string, options: object])[] = [
  ['header', { header: '' }],
  ['keys', { keys: 'tenant' }],
  ['keys', { keys: ['a b'] }],
  ['onSkip', { onSkip: 'log' }],
  ['topic', { topic: 'orders' }],
];

/** Tests what the entry of every client does the same way. */
export function testMessaging(entry: object, client: TestedClient): void {
  const { messageHeaders, withRequestContext, runWithMessage } = entry as Entry;

  /** Returns the values in the handler, which is called inside of another request. */
  function valuesInHandler(message: unknown, options?: MessageOptions): unknown {
    const handler = withRequestContext(values as (..._: never[]) => unknown, options);
    return inScope(ambient, () => handler(...(client.argumentsFor(message) as never[])));
  }

  function valuesInTask(message: unknown, options?: MessageOptions): unknown {
    return inScope(ambient, () => runWithMessage(message, values, options));
  }

  function receive(headers: WireHeaders): unknown {
    return client.transmit(client.create(headers));
  }

  describe('options', () => {
    it.each([...badOptions, ['id', { id: 'other' }] as const])(
      'throw at set-up for a bad `%s`: %o',
      (option, options) => {
        const expected = expect.objectContaining({ name: InvalidOptionError.name, option });
        const task = vi.fn();
        expect(catchError(() => withRequestContext(task, options))).toEqual(expected);
        expect(catchError(() => runWithMessage({}, task, options))).toEqual(expected);
        expect(task).not.toHaveBeenCalled();
      },
    );

    it.each([...badOptions, ['id', { id: 'same' }] as const])(
      'throw when headers are made with a bad `%s`: %o',
      (option, options) => {
        const make = () => messageHeaders(client.create({}), options);
        expect(catchError(make)).toEqual(
          expect.objectContaining({ name: InvalidOptionError.name, option }),
        );
      },
    );

    it('throw at set-up when the handler is not a function', () => {
      const wrap = () => withRequestContext('handler' as never);
      expect(catchError(wrap)).toMatchObject({ option: 'handler' });
    });
  });

  describe('messageHeaders()', () => {
    it('add the id, and what `keys` names, to what is there', () => {
      const headers = client.create({ type: 'order', baggage: 'a=1' });
      const sent = inScope({ requestId: 'id-1', tenant: 'acme', secret: 's' }, () =>
        messageHeaders(headers, { keys }),
      );
      const message = client.transmit(sent);
      expect(valuesInTask(message, { keys: ['tenant', 'a', 'secret'] as never })).toEqual({
        requestId: 'id-1',
        tenant: 'acme',
        a: '1',
      });
      expect(valuesInTask(message, { header: 'type' })).toEqual({ requestId: 'order' });
    });

    it('add the id under the header that the options name', () => {
      const sent = inScope({ requestId: 'id-1' }, () =>
        messageHeaders(client.create({}), { header: 'Correlation-ID' }),
      );
      const message = client.transmit(sent);
      expect(valuesInTask(message, { header: 'correlation-id' })).toEqual({ requestId: 'id-1' });
      expect(valuesInTask(message)).toEqual({ requestId: expect.stringMatching(uuid) });
    });

    it.each(['X-Request-ID', 'x-request-id', 'X-REQUEST-ID'])(
      "keep the caller's own header %s",
      (name) => {
        const headers = client.create({ [name]: 'mine' });
        const sent = inScope({ requestId: 'id-1' }, () => messageHeaders(headers));
        expect(valuesInTask(client.transmit(sent))).toEqual({ requestId: 'mine' });
      },
    );

    it('never change the headers that are given', () => {
      const headers = client.create({ type: 'order' });
      const first = inScope({ requestId: 'id-1' }, () => messageHeaders(headers));
      const second = inScope({ requestId: 'id-2' }, () => messageHeaders(headers));
      expect(headers).toEqual(client.create({ type: 'order' }));
      expect(valuesInTask(client.transmit(first))).toEqual({ requestId: 'id-1' });
      expect(valuesInTask(client.transmit(second))).toEqual({ requestId: 'id-2' });
    });

    it('add nothing outside of a context', () => {
      expect(messageHeaders(client.create({}), { keys })).toEqual(client.create({}));
    });

    const { maxHeaders: length = 10_000 } = client;

    it(`find a header among ${length}, and carry a value of 10 MB along`, () => {
      const many = Object.fromEntries(Array.from({ length }, (_, index) => [`h-${index}`, 'v']));
      const headers = client.create({ ...many, big: 'b'.repeat(10 * 1024 * 1024) });
      const sent = inScope({ requestId: 'id-1' }, () => messageHeaders(headers, { keys }));
      expect(valuesInTask(client.transmit(sent), { keys: keys as never })).toEqual({
        requestId: 'id-1',
      });
    });

    it.each([['null', () => null] as const, ['undefined', () => undefined] as const, ...hostile])(
      'never throw for %s as headers',
      (_, create) => {
        const onSkip = vi.fn(() => {
          throw new Error('a report that fails');
        });
        const make = () => messageHeaders(create(), { onSkip });
        expect(() => inScope({ requestId: 'id-1' }, make)).not.toThrow();
        expect(make).not.toThrow();
        for (const call of onSkip.mock.calls) {
          expect(call).toEqual(['carrier', { key: 'requestId', target: undefined }]);
        }
      },
    );

    it('report headers that cannot be read, and return them', () => {
      const onSkip = vi.fn();
      const headers = throwing();
      const sent = inScope({ requestId: 'id-1', tenant: 'acme' }, () =>
        messageHeaders(headers, { keys, onSkip }),
      );
      expect(Object.is(sent, headers)).toBe(true);
      expect(onSkip.mock.calls).toEqual([
        ['carrier', { key: 'requestId', target: undefined }],
        ['carrier', { key: 'tenant', target: undefined }],
      ]);
    });
  });

  describe('withRequestContext() and runWithMessage()', () => {
    it('run in the scope of the message, whatever scope is current', () => {
      const message = receive({ 'x-request-id': 'id-1', baggage: 'tenant=acme,other=1' });
      expect(valuesInHandler(message)).toEqual({ requestId: 'id-1' });
      expect(valuesInTask(message)).toEqual({ requestId: 'id-1' });
      const options = { keys } as MessageOptions;
      expect(valuesInHandler(message, options)).toEqual({ requestId: 'id-1', tenant: 'acme' });
      expect(valuesInTask(message, options)).toEqual({ requestId: 'id-1', tenant: 'acme' });
    });

    it("run under a fresh id with `id: 'child'`, and keep the message's as the parent's", () => {
      const message = receive({ 'X-Request-ID': 'id-1' });
      const child = { requestId: expect.stringMatching(uuid), parentRequestId: 'id-1' };
      expect(valuesInHandler(message, { id: 'child' })).toEqual(child);
      expect(valuesInTask(message, { id: 'child' })).toEqual(child);
    });

    it.each(invalid)('run under a fresh id for %s', (_, headers) => {
      const message = receive(headers);
      const fresh = { requestId: expect.stringMatching(uuid) };
      expect(valuesInHandler(message)).toEqual(fresh);
      expect(valuesInTask(message, { id: 'child' })).toEqual(fresh);
    });

    it.each(hostile)('run under a fresh id for %s as a message', (_, create) => {
      const fresh = { requestId: expect.stringMatching(uuid) };
      expect(valuesInHandler(create())).toEqual(fresh);
      expect(valuesInTask(create())).toEqual(fresh);
    });

    it('run outside of any scope without a message', () => {
      const handler = withRequestContext(values as (..._: never[]) => unknown);
      const args = (client.withoutMessage ?? [null]) as never[];
      expect(inScope(ambient, () => handler(...args))).toBe(nothing);
      expect(inScope(ambient, () => runWithMessage(null, values))).toBe(nothing);
    });

    it('pass on `this`, the arguments and the result', () => {
      const args = client.argumentsFor(receive({})) as never[];
      const result = Promise.resolve();
      const seen: unknown[] = [];
      const consumer = {
        handle: withRequestContext(function (this: unknown, ...received: unknown[]) {
          seen.push(this, ...received);
          return result;
        }),
      };
      expect(consumer.handle(...args)).toBe(result);
      expect(seen).toHaveLength(1 + args.length);
      for (const [index, value] of [consumer, ...args].entries()) expect(seen[index]).toBe(value);
      expect(runWithMessage({}, () => result)).toBe(result);
    });

    it('pass on what is thrown, and rejections', async () => {
      const error = new Error('of the handler');
      const args = client.argumentsFor(receive({})) as never[];
      const fail = (..._: never[]): never => {
        throw error;
      };
      expect(catchError(() => withRequestContext(fail)(...args))).toBe(error);
      expect(catchError(() => runWithMessage({}, fail))).toBe(error);
      const reject = async (..._: never[]): Promise<void> => fail();
      await expect(withRequestContext(reject)(...args)).rejects.toBe(error);
      await expect(runWithMessage({}, reject)).rejects.toBe(error);
    });
  });
}

function catchError(task: () => unknown): unknown {
  try {
    task();
  } catch (error) {
    return error;
  }
  return nothing;
}
