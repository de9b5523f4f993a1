import { describe, expect, it } from 'vitest';
import { uuid } from '../../../tests/kit/uuid.js';
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
  OptionResultError,
  type RequestIdOptions,
} from '../src/index.ts';

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

describe('an inbound id', () => {
  it.each([
    ['with control bytes', 'a\r\n\0\x1b', 'a%0D%0A%00%1B'],
    ['beyond latin-1', 'a€', 'a%E2%82%AC'],
    ['half a surrogate pair', 'a\ud83d', 'a%EF%BF%BD'],
    ['sent twice with one value', ['a', 'a'], 'a%2C%20a'],
  ])('be replaced, and reported as rejected: %s', (_what, id, rejected) => {
    const decision = resolveId(id);
    expect(decision.requestId).toMatch(uuid);
    expect(decision.rejectedRequestId).toBe(rejected);
    expect(decision.error).toBeUndefined();
  });

  it.each(['', 'caf\xe9', 'a\nb', 'x'.repeat(129)])(
    'be replaced when it cannot be echoed unchanged, although `validate` accepts it: %j',
    (id) => {
      expect(resolveId(id, { validate: () => true }).requestId).toMatch(uuid);
    },
  );

  it('be replaced when what follows the trace id is malformed', () => {
    const headers = { 'x-cloud-trace-context': '4bf92f3577b34da6a3ce929d0e0e4736/x' };
    expect(resolve(headers, { inbound: ['X-Cloud-Trace-Context'] }).requestId).toMatch(uuid);
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
  ])('decide, set to %s, whether %s is trusted: %s', (trust, peer, isTrusted) => {
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

  it('decide the same for each of many peers again', () => {
    const { isTrusted } = normalizeOptions<Request>({ trust: '10.0.0.0/9' });
    for (let round = 0; round < 2; round += 1) {
      for (let n = 0; n < 1_000; n += 1) {
        const peer = `10.${n % 256}.0.${n % 7}`;
        const request = { headers: {}, peer };
        expect(isTrusted(reader, request, request), peer).toBe(n % 256 < 128);
      }
    }
  });

  it('not be evaluated when no id was sent', () => {
    const trust = (): boolean => {
      throw new Error('called');
    };
    expect(resolve({}, { trust }).error).toBeUndefined();
  });
});

describe('onInvalid', () => {
  it("lead to an error with status 400 and a fresh id, as 'reject'", () => {
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

  it.each([undefined, 1, 'logged', [], { logger: true }, null, () => {}])(
    'ignore %j that a function returns',
    (returned) => {
      expect(resolveId('"', { onInvalid: () => returned as undefined }).error).toBeUndefined();
    },
  );

  it('receive the raw value as a function, before the id is replaced', () => {
    const told: unknown[] = [];
    const decision = resolveId('"', {
      onInvalid: (raw, request) => told.push(raw, request.headers),
    });
    expect(told).toEqual(['"', { 'x-request-id': '"' }]);
    expect(decision.requestId).toMatch(uuid);
  });
});

describe('generate', () => {
  it('return the id, given the request', () => {
    const generate = (request: Request): string => `for-${request.headers.host}`;
    expect(resolve({ host: 'here' }, { generate }).requestId).toBe('for-here');
  });

  it('be free to return what `validate` or its default accepts', () => {
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
  ])('lead to an error and a fresh id when it returns %j', (returned) => {
    const decision = resolve({}, { generate: () => returned as string });
    expect(decision.requestId).toMatch(uuid);
    expect(decision.error).toBeInstanceOf(OptionResultError);
    expect(decision.error).toMatchObject({ code: 'ERR_OPTION_RESULT', option: 'generate' });
    expect(decision.error?.message).toMatch(/^[\x20-\x7e]+$/);
  });
});

/** Returns what `decide` returns, and expects it to leave no rejection unhandled. */
async function handled(decide: () => RequestIdDecision): Promise<RequestIdDecision> {
  const unhandled: unknown[] = [];
  const listen = (reason: unknown): number => unhandled.push(reason);
  process.on('unhandledRejection', listen);
  const decision = decide();
  // Node reports unhandled rejections after the microtasks.
  await new Promise((done) => setTimeout(done, 5));
  process.off('unhandledRejection', listen);
  expect(unhandled).toEqual([]);
  return decision;
}

describe('a function among the options that fails', () => {
  const failure = new Error('on purpose');
  // Unhandled, each of these would end a process.
  const rejected: Record<string, () => unknown> = {
    'an async function that rejects': async () => {
      throw failure;
    },
    'a rejected promise of a subclass': () => class extends Promise<void> {}.reject(failure),
    'a thenable that rejects': () => ({
      // biome-ignore lint/suspicious/noThenProperty: the case needs a thenable
      then: (_done: unknown, reject?: (error: Error) => void) =>
        reject === undefined ? Promise.reject(failure) : reject(failure),
    }),
    'a function with a then that throws': () =>
      Object.assign(() => {}, {
        // biome-ignore lint/suspicious/noThenProperty: the case needs a thenable
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
    'lead to an error of the request, and to no unhandled rejection: %s as %s',
    async (option, _, id, make) => {
      const { error, requestId } = await handled(() => resolveId(id, { [option]: make }));
      expect(error).toMatchObject({ code: 'ERR_OPTION_RESULT', option });
      expect(requestId).toMatch(option === 'values' ? /^myid$/ : uuid);
    },
  );

  it('lead to an error, and to no unhandled rejection, when it throws a rejected promise', async () => {
    const generate = (): never => {
      throw Promise.reject(failure);
    };
    const { error } = await handled(() => resolve({}, { generate }));
    expect(error?.cause).toBeInstanceOf(Promise);
  });

  const { proxy: revoked, revoke } = Proxy.revocable({}, {});
  revoke();
  const unreadable = {
    get constructor(): never {
      throw failure;
    },
    // biome-ignore lint/suspicious/noThenProperty: the check for a promise reads it
    get then(): never {
      throw failure;
    },
  };
  it.each(functions)(
    'lead to an error when it returns or throws what cannot be read: %s',
    (option, id) => {
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
    },
  );

  it('lead to the error of a getter in the values that it returns', () => {
    const values = (): object => ({
      get tenant() {
        throw failure;
      },
    });
    expect(resolveId('myid', { values })).toMatchObject({ requestId: 'myid', error: failure });
  });

  it('have its values read once', () => {
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

  it.each([undefined, 'a string', 0, null])('lead to an error when it throws %j', (thrown) => {
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
  ])(
    'lead to an error, and not count as true, when it returns no boolean: %s',
    (option, result) => {
      const { error, requestId } = resolveId('myid', { [option]: () => result });
      expect(error).toMatchObject({ code: 'ERR_OPTION_RESULT', option });
      expect(requestId).toMatch(uuid);
    },
  );

  it.each([undefined, null, 'a', [], Promise.resolve({})])(
    'lead to an error when it returns %j as values',
    (result) => {
      const { error } = resolve({}, { values: () => result as never });
      expect(error).toMatchObject({ code: 'ERR_OPTION_RESULT', option: 'values' });
    },
  );
});
