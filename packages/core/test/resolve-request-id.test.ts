import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  normalizeOptions,
  type Peer,
  type RequestIdDecision,
  type RequestReader,
  RequestScope,
  resolveRequestId,
} from '../src/adapter.ts';
import {
  context,
  InvalidRequestIdError,
  newRequestId,
  OptionResultError,
  type RequestIdOptions,
} from '../src/index.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

interface Request {
  headers: Record<string, string | string[]>;
  peer?: Peer;
}

const reader: RequestReader<Request> = {
  header: (request, name) => request.headers[name],
  peer: (request) => request.peer,
};

function resolve(
  headers: Request['headers'],
  options?: RequestIdOptions<Request>,
  peer?: Peer,
): RequestIdDecision {
  const request = { headers, peer };
  return resolveRequestId(normalizeOptions(options), reader, request, request);
}

function resolveId(id: string | string[], options?: RequestIdOptions<Request>): RequestIdDecision {
  return resolve({ 'x-request-id': id }, options);
}

describe('newRequestId', () => {
  it('makes a random UUID', () => {
    expect(newRequestId()).toMatch(uuid);
    expect(newRequestId()).not.toBe(newRequestId());
  });
});

describe('an inbound id', () => {
  it.each([
    'myid',
    'a',
    '0'.repeat(128),
    'AZaz09._~+/=@:-',
    '6f1f2e9e-8a52-4c58-9c8f-6d4b3c2a1f00',
  ])('is adopted when it is fit: %s', (id) => {
    expect(resolveId(id)).toEqual({
      requestId: id,
      rejectedRequestId: undefined,
      values: undefined,
      error: undefined,
    });
  });

  it.each([
    ['empty', '', ''],
    ['longer than 128', 'x'.repeat(129), 'x'.repeat(128)],
    ['5 KB', 'x'.repeat(5120), 'x'.repeat(128)],
    ['with a space', 'a b', 'a%20b'],
    ['with a comma', 'a,b', 'a%2Cb'],
    ['with quotes', `"a'`, '%22a%27'],
    ['markup', '<script>', '%3Cscript%3E'],
    ['with control bytes', 'a\r\n\0\x1b', 'a%0D%0A%00%1B'],
    ['latin-1', 'caf\xe9', 'caf%E9'],
    ['beyond latin-1', 'a€', 'a%E2%82%AC'],
    ['half a character', 'a\ud83d', 'a%EF%BF%BD'],
    ['percent signs', '%41', '%2541'],
    ['sent twice', ['a', 'b'], 'a%2C%20b'],
    ['sent twice alike', ['a', 'a'], 'a%2C%20a'],
  ])('is replaced when it is %s, and kept as rejected', (_what, id, rejected) => {
    const decision = resolveId(id);
    expect(decision.requestId).toMatch(uuid);
    expect(decision.rejectedRequestId).toBe(rejected);
    expect(decision.error).toBeUndefined();
  });

  it('is made when none was sent', () => {
    const decision = resolve({});
    expect(decision.requestId).toMatch(uuid);
    expect(decision.rejectedRequestId).toBeUndefined();
  });

  it('is read from the header that was named', () => {
    const options = { header: 'X-Correlation-ID' };
    expect(resolve({ 'x-correlation-id': 'myid' }, options).requestId).toBe('myid');
    expect(resolveId('myid', options).requestId).toMatch(uuid);
  });

  it('is cut at maxLength', () => {
    expect(resolveId('12345678', { maxLength: 8 }).requestId).toBe('12345678');
    expect(resolveId('123456789', { maxLength: 8 }).requestId).toMatch(uuid);
    expect(resolveId('x'.repeat(129), { maxLength: 129 }).requestId).toBe('x'.repeat(129));
  });

  it('is what `validate` says, among what can be echoed as it came', () => {
    const options = { validate: (id: string) => !id.includes('no') };
    expect(resolveId('{a b}', options).requestId).toBe('{a b}');
    expect(resolveId('no', options).requestId).toMatch(uuid);
    for (const id of ['', 'caf\xe9', 'a\nb', 'x'.repeat(129)]) {
      expect(resolveId(id, options).requestId).toMatch(uuid);
    }
  });

  it('is fit or escaped, whatever was sent', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (id) => {
        const { requestId, rejectedRequestId } = resolveId(id);
        if (rejectedRequestId === undefined) {
          expect(requestId).toBe(id);
        } else {
          expect(requestId).toMatch(uuid);
          expect(rejectedRequestId).toMatch(/^(?:[A-Za-z0-9._~+/=@:-]|%[0-9A-F]{2}){0,128}$/);
          expect(rejectedRequestId.length).toBeLessThanOrEqual(128);
        }
        expect(requestId).toMatch(/^[A-Za-z0-9._~+/=@:-]{1,128}$/);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('further inbound headers', () => {
  const options = { inbound: ['X-Correlation-ID', 'traceparent'] };
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;

  it.each([
    ['the first comes first', { 'x-request-id': 'a', 'x-correlation-id': 'b' }, 'a', undefined],
    ['the next is read', { 'x-correlation-id': 'b', traceparent }, 'b', undefined],
    ['the first fit one wins', { 'x-request-id': '"', 'x-correlation-id': 'b' }, 'b', '%22'],
    ['the trace id is taken', { traceparent }, traceId, undefined],
  ])('%s', (_what, headers, requestId, rejectedRequestId) => {
    expect(resolve(headers, options)).toMatchObject({ requestId, rejectedRequestId });
  });

  it.each([
    ['of a later version', `cc-${traceId}-00f067aa0ba902b7-01-what-the-future-will-be-like`, true],
    ['of a later version, no longer', `cc-${traceId}-00f067aa0ba902b7-01`, true],
    ['of a later version, run on', `cc-${traceId}-00f067aa0ba902b7-01.what`, false],
    ['of version 00, too long', `${traceparent}-x`, false],
    ['of version ff', `ff-${traceId}-00f067aa0ba902b7-01`, false],
    ['in upper case', traceparent.toUpperCase(), false],
    ['with a trace id of zeros', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, false],
    ['with a parent id of zeros', `00-${traceId}-${'0'.repeat(16)}-01`, false],
    ['with a short trace id', `00-${traceId.slice(1)}-00f067aa0ba902b7-01`, false],
    ['without flags', `00-${traceId}-00f067aa0ba902b7`, false],
  ])('traceparent %s', (_what, value, isValid) => {
    const { requestId } = resolve({ traceparent: value }, options);
    if (isValid) expect(requestId).toBe(traceId);
    else expect(requestId).toMatch(uuid);
  });

  it.each([
    [
      'X-Amzn-Trace-Id',
      'Root=1-67891233-abcdef012345678912345678',
      '1-67891233-abcdef012345678912345678',
    ],
    [
      'X-Amzn-Trace-Id',
      'Self=1-67891234-12456789abcdef012345678;Root=1-67891233-abcdef012345678912345678;Sampled=1',
      '1-67891233-abcdef012345678912345678',
    ],
    ['X-Amzn-Trace-Id', 'Root=1-67891233-abc', undefined],
    ['X-Amzn-Trace-Id', 'Self=1-67891233-abcdef012345678912345678', undefined],
    ['X-Cloud-Trace-Context', `${traceId}/123;o=1`, traceId],
    ['X-Cloud-Trace-Context', traceId, traceId],
    ['X-Cloud-Trace-Context', `${'0'.repeat(32)}/1`, undefined],
    ['X-Cloud-Trace-Context', `${traceId}/x`, undefined],
  ])('%s: %s', (header, value, id) => {
    const { requestId } = resolve({ [header.toLowerCase()]: value }, { inbound: [header] });
    if (id === undefined) expect(requestId).toMatch(uuid);
    else expect(requestId).toBe(id);
  });
});

describe('trust', () => {
  it.each<[NonNullable<RequestIdOptions<Request>['trust']>, Peer, boolean]>([
    [true, '203.0.113.9', true],
    [true, undefined, true],
    [false, '127.0.0.1', false],
    ['loopback', '127.0.0.1', true],
    ['loopback', '127.9.9.9', true],
    ['loopback', '::1', true],
    ['loopback', '::ffff:127.0.0.1', true],
    ['loopback', 'unix', true],
    ['loopback', '10.0.0.1', false],
    ['loopback', undefined, false],
    ['10.0.0.1', '10.0.0.1', true],
    ['10.0.0.1', '::ffff:10.0.0.1', true],
    ['10.0.0.1', '10.0.0.2', false],
    ['10.0.0.0/8', '10.255.255.255', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.0.0.0/8', 'unix', false],
    ['0.0.0.0/0', '8.8.8.8', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['2001:db8::/32', '2001:db8:1::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['fe80::/10', 'fe80::1%eth0', true],
    ['fe80::1', 'fe80::1%eth0', true],
    ['::ffff:10.0.0.0/104', '10.1.2.3', true],
    ['::ffff:10.0.0.0/104', '11.1.2.3', false],
    ['::ffff:0:0/90', '10.1.2.3', false],
    ['::/0', '10.1.2.3', false],
    ['::/0', '::ffff:10.1.2.3', false],
    ['::/0', '::10.1.2.3', true],
    ['10.1.2.3/8', '10.9.9.9', true],
    ['10.0.0.0/8', '::FFFF:a00:5', true],
    ['10.0.0.0/8', '0:0:0:0:0:ffff:a00:5', true],
    // IPv4-compatible addresses are IPv6: another host than the IPv4 one.
    ['10.0.0.0/8', '::10.0.0.5', false],
    ['10.0.0.0/8', '::a00:5', false],
    ['10.0.0.5', '::10.0.0.5', false],
    ['::10.0.0.5', '10.0.0.5', false],
    ['loopback', '::127.0.0.1', false],
    // NAT64: the IPv4 host is beyond a translator.
    ['10.0.0.0/8', '64:ff9b::10.0.0.5', false],
    ['0.0.0.0/0', 'unix', false],
    ['0.0.0.0/0', '', false],
    ['0.0.0.0/0', '010.0.0.1', false],
    ['0.0.0.0/0', '1.2.3.4%eth0', false],
    [['loopback', '10.0.0.0/8'], '10.1.2.3', true],
    [['loopback', '10.0.0.0/8'], '::1', true],
    [['loopback', '10.0.0.0/8'], '192.168.0.1', false],
    [[], '127.0.0.1', false],
    ['loopback', 'not an address', false],
    [(request) => request.peer === '1.2.3.4', '1.2.3.4', true],
    [(request) => request.peer === '1.2.3.4', '1.2.3.5', false],
  ])('%s: %s is trusted: %s', (trust, peer, isTrusted) => {
    const decision = resolve({ 'x-request-id': 'myid' }, { trust }, peer);
    expect(decision.error).toBeUndefined();
    if (isTrusted)
      expect(decision).toMatchObject({ requestId: 'myid', rejectedRequestId: undefined });
    else
      expect(decision).toMatchObject({
        requestId: expect.stringMatching(uuid),
        rejectedRequestId: 'myid',
      });
  });

  it('says the same of each peer again, of however many', () => {
    const { isTrusted } = normalizeOptions<Request>({ trust: '10.0.0.0/9' });
    for (let round = 0; round < 2; round += 1) {
      for (let n = 0; n < 1_000; n += 1) {
        const peer = `10.${n % 256}.0.${n % 7}`;
        const request = { headers: {}, peer };
        expect(isTrusted(reader, request, request), peer).toBe(n % 256 < 128);
      }
    }
  });

  it('is not asked for when no id was sent', () => {
    const trust = (): boolean => {
      throw new Error('asked');
    };
    expect(resolve({}, { trust }).error).toBeUndefined();
  });

  it('leaves what others send to itself: onInvalid does not hear of it', () => {
    const decision = resolveId('"', { trust: false, onInvalid: 'reject' });
    expect(decision).toMatchObject({ rejectedRequestId: '%22', error: undefined });
  });
});

describe('onInvalid', () => {
  it('reject gives an error with status 400, beside a fresh id', () => {
    const decision = resolveId('"', { onInvalid: 'reject', header: 'X-Request-ID' });
    expect(decision.error).toBeInstanceOf(InvalidRequestIdError);
    expect(decision.error).toMatchObject({
      code: 'ERR_INVALID_REQUEST_ID',
      status: 400,
      expose: true,
    });
    expect(decision.error?.message).not.toContain('"');
    expect(decision.requestId).toMatch(uuid);
    expect(decision.rejectedRequestId).toBe('%22');
  });

  it('reject lets a request pass that has a fit id in another header, or none', () => {
    const options = { onInvalid: 'reject', inbound: ['X-Correlation-ID'] } as const;
    expect(resolve({ 'x-request-id': '', 'x-correlation-id': 'b' }, options)).toMatchObject({
      requestId: 'b',
      error: undefined,
    });
    expect(resolve({}, options).error).toBeUndefined();
  });

  it.each([undefined, 1, 'logged', [], { logger: true }, null, () => {}])(
    'ignores that a function returns %j',
    (returned) => {
      expect(resolveId('"', { onInvalid: () => returned as undefined }).error).toBeUndefined();
    },
  );

  it('a function is told the value as it came, then it is replaced', () => {
    const told: unknown[] = [];
    const decision = resolveId('"', {
      onInvalid: (raw, request) => told.push(raw, request.headers),
    });
    expect(told).toEqual(['"', { 'x-request-id': '"' }]);
    expect(decision.requestId).toMatch(uuid);
  });
});

describe('generate', () => {
  it('makes the id, given the request', () => {
    const generate = (request: Request): string => `for-${request.headers.host}`;
    expect(resolve({ host: 'here' }, { generate }).requestId).toBe('for-here');
  });

  it('may make what `validate` allows, or its default', () => {
    const options = { validate: (id: string) => id.startsWith('{'), generate: () => '{a}' };
    expect(resolve({}, options)).toMatchObject({ requestId: '{a}', error: undefined });
    expect(resolve({}, { ...options, generate: () => 'a' })).toMatchObject({
      requestId: 'a',
      error: undefined,
    });
  });

  it.each([
    undefined,
    null,
    42,
    '',
    'a b',
    'a\r\nb',
    'caf\xe9',
    'x'.repeat(129),
    Promise.resolve('a'),
  ])('that returns %j is an application error, and the id a fresh one', (returned) => {
    const decision = resolve({}, { generate: () => returned as string });
    expect(decision.requestId).toMatch(uuid);
    expect(decision.error).toBeInstanceOf(OptionResultError);
    expect(decision.error).toMatchObject({ code: 'ERR_OPTION_RESULT', option: 'generate' });
    expect(decision.error?.message).toMatch(/^[\x20-\x7e]+$/);
  });
});

describe('a function among the options that fails', () => {
  const failure = new Error('on purpose');
  const fail = (): never => {
    throw failure;
  };

  it.each([
    ['trust', 'myid'],
    ['validate', 'myid'],
    ['generate', '"'],
    ['onInvalid', '"'],
    ['values', 'myid'],
  ])('%s: its error is passed on, beside an id that the request has', (option, id) => {
    const decision = resolveId(id, { [option]: fail });
    expect(decision.error).toBe(failure);
    expect(decision.requestId).toMatch(option === 'values' ? /^myid$/ : uuid);
  });

  // In a child process each of these would end it.
  const rejected: Record<string, () => unknown> = {
    'an async function that rejects': async () => {
      throw failure;
    },
    'a rejected promise of a subclass': () => class extends Promise<void> {}.reject(failure),
    'a thenable that rejects': () => ({
      // biome-ignore lint/suspicious/noThenProperty: a thenable is what this is about
      then: (_done: unknown, reject?: (error: Error) => void) =>
        reject === undefined ? Promise.reject(failure) : reject(failure),
    }),
    'a function with a then that throws': () =>
      Object.assign(() => {}, {
        // biome-ignore lint/suspicious/noThenProperty: a thenable is what this is about
        then: () => {
          throw failure;
        },
      }),
  };
  const functions: [string, string][] = [
    ['trust', 'myid'],
    ['validate', 'myid'],
    ['generate', '"'],
    ['onInvalid', '"'],
    ['values', 'myid'],
  ];
  it.each(
    functions.flatMap(([option, id]) =>
      Object.entries(rejected).map(([what, make]) => [option, what, id, make] as const),
    ),
  )(
    '%s may be %s: an error of the request, and no unhandled rejection',
    async (option, _, id, make) => {
      const unhandled: unknown[] = [];
      const listen = (reason: unknown): number => unhandled.push(reason);
      process.on('unhandledRejection', listen);
      const { error, requestId } = resolveId(id, { [option]: make });
      // Rejections are told after the microtasks.
      await new Promise((resolve) => setTimeout(resolve, 5));
      process.off('unhandledRejection', listen);
      expect(error).toMatchObject({ code: 'ERR_OPTION_RESULT', option });
      expect(requestId).toMatch(option === 'values' ? /^myid$/ : uuid);
      expect(unhandled).toEqual([]);
    },
  );

  it('may throw a rejected promise: an error, and no unhandled rejection', async () => {
    const unhandled: unknown[] = [];
    const listen = (reason: unknown): number => unhandled.push(reason);
    process.on('unhandledRejection', listen);
    const { error } = resolve(
      {},
      {
        generate: () => {
          throw Promise.reject(failure);
        },
      },
    );
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.off('unhandledRejection', listen);
    expect(error?.cause).toBeInstanceOf(Promise);
    expect(unhandled).toEqual([]);
  });

  const { proxy: revoked, revoke } = Proxy.revocable({}, {});
  revoke();
  const unreadable = {
    get constructor(): never {
      throw failure;
    },
    // biome-ignore lint/suspicious/noThenProperty: what asks whether it is a promise reads it
    get then(): never {
      throw failure;
    },
  };
  it.each(functions)('%s may return or throw what cannot be read', (option, id) => {
    for (const value of [revoked, unreadable]) {
      const returning = resolveId(id, { [option]: () => value });
      expect(returning.error).toBeInstanceOf(Error);
      const throwing = resolveId(id, {
        [option]: () => {
          throw value;
        },
      });
      expect(throwing.error).toBeInstanceOf(Error);
      expect(throwing.requestId).toMatch(option === 'values' ? /^myid$/ : uuid);
    }
  });

  it('values may have a getter that throws: its error is passed on', () => {
    const values = (): object => ({
      get tenant() {
        throw failure;
      },
    });
    expect(resolveId('myid', { values })).toMatchObject({ requestId: 'myid', error: failure });
  });

  it('values are read once', () => {
    let reads = 0;
    const values = (): object => ({
      get tenant() {
        reads += 1;
        return 'acme';
      },
    });
    const decision = resolveId('myid', { values });
    const scope = new RequestScope(decision);
    expect([scope.run(() => context.toObject()), reads]).toEqual([
      { requestId: 'myid', tenant: 'acme' },
      1,
    ]);
  });

  it.each([undefined, 'a string', 0, null])('may throw %j: it becomes an error', (thrown) => {
    const generate = (): never => {
      throw thrown;
    };
    const { error } = resolve({}, { generate });
    expect(error).toBeInstanceOf(Error);
    expect(error?.cause).toBe(thrown);
  });

  it.each([
    ['trust', Promise.resolve(true)],
    ['trust', 'yes'],
    ['validate', Promise.resolve(true)],
    ['validate', ['match']],
  ])('%s: a result that is no boolean is an error, not a yes', (option, result) => {
    const { error, requestId } = resolveId('myid', { [option]: () => result });
    expect(error).toMatchObject({ code: 'ERR_OPTION_RESULT', option });
    expect(requestId).toMatch(uuid);
  });

  it.each([undefined, null, 'a', [], Promise.resolve({})])('values: %j is an error', (result) => {
    const { error } = resolve({}, { values: () => result as never });
    expect(error).toMatchObject({ code: 'ERR_OPTION_RESULT', option: 'values' });
  });
});
