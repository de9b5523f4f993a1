import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { uuid } from '../../../tests/kit/uuid.js';
import {
  normalizeOptions,
  type Peer,
  type RequestReader,
  resolveRequestId,
} from '../src/adapter.ts';
import { InvalidOptionError, type RequestIdOptions } from '../src/index.ts';

const allowed = /^[A-Za-z0-9._~+/=@:-]+$/;

interface Request {
  headers: Record<string, string | string[]>;
  peer: Peer;
}

const reader: RequestReader<Request> = {
  header: ({ headers }, name) => (Object.hasOwn(headers, name) ? headers[name] : undefined),
  peer: ({ peer }) => peer,
};

const hex = (length: number): fc.Arbitrary<string> =>
  fc.string({
    unit: fc.constantFrom(...'0123456789abcdefA'),
    minLength: length,
    maxLength: length,
  });
/** Header values, realistic and hostile. */
const value = fc.oneof(
  fc.string({ unit: 'grapheme-ascii', maxLength: 150 }),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: fc.constantFrom(...'aZ09._~+/=@:-'), minLength: 1, maxLength: 140 }),
  fc.tuple(hex(2), hex(32), hex(16), hex(2)).map((fields) => fields.join('-')),
  hex(32).map((id) => `${id}/1;o=1`),
  fc.tuple(hex(8), hex(24)).map(([a, b]) => `Root=1-${a}-${b}`),
);
const headerName = fc.constantFrom(
  'X-Request-ID',
  'X-Correlation-ID',
  'traceparent',
  'X-Amzn-Trace-Id',
  'X-Cloud-Trace-Context',
  '__proto__',
  'constructor',
);
const request: fc.Arbitrary<Request> = fc.record({
  headers: fc
    .array(fc.tuple(headerName, fc.oneof(value, fc.array(value, { minLength: 2, maxLength: 3 }))))
    .map((lines) => Object.fromEntries(lines.map(([name, sent]) => [name.toLowerCase(), sent]))),
  peer: fc.oneof(
    fc.constantFrom('unix', undefined, '127.0.0.1', '::1', '::ffff:10.0.0.1', 'nonsense'),
    fc.ipV4(),
    fc.ipV6(),
  ),
});

/** Generates functions for the options. They return a valid result, return anything, or throw. */
function fails<T>(good: fc.Arbitrary<T>): fc.Arbitrary<() => T> {
  return fc.oneof(
    { weight: 3, arbitrary: good.map((result) => () => result) },
    { weight: 1, arbitrary: fc.anything().map((result) => () => result as T) },
    {
      weight: 1,
      arbitrary: fc.anything().map((thrown) => () => {
        throw thrown;
      }),
    },
  );
}

const validOptions: fc.Arbitrary<RequestIdOptions<Request>> = fc.record(
  {
    header: fc.constantFrom('X-Request-ID', 'X-Correlation-ID', '__proto__'),
    inbound: fc.array(headerName, { maxLength: 5 }),
    trust: fc.oneof(
      fc.boolean(),
      fc.constantFrom('loopback', '10.0.0.0/8', '::/0'),
      fc.array(fc.oneof(fc.ipV4(), fc.ipV6()), { maxLength: 3 }),
      fails(fc.boolean()),
    ),
    validate: fails(fc.boolean()),
    maxLength: fc.integer({ min: 1, max: 8192 }),
    generate: fails(fc.constantFrom('made', 'x'.repeat(128))),
    onInvalid: fc.oneof(
      fc.constantFrom('replace' as const, 'reject' as const),
      fails(fc.constant(undefined)),
    ),
    values: fails(fc.constant({})),
  },
  { requiredKeys: [] },
);

/** Checks what every decision promises. */
function expectPromises(decision: ReturnType<typeof resolveRequestId>): void {
  const { requestId, rejectedRequestId, error } = decision;
  expect(requestId).toMatch(/^[\x20-\x7e]{1,8192}$/);
  if (rejectedRequestId !== undefined) {
    expect(rejectedRequestId).toMatch(/^(?:[A-Za-z0-9._~+/=@:-]|%[0-9A-F]{2})*$/);
    expect(rejectedRequestId.length).toBeLessThanOrEqual(128);
    const line = `{"rejected":"${rejectedRequestId}"}`;
    expect(JSON.parse(line)).toEqual({ rejected: rejectedRequestId });
  }
  if (error !== undefined) expect(error).toBeInstanceOf(Error);
}

describe('resolveRequestId, given generated requests and options', () => {
  it('not throw, and return an id that can be echoed and a rejected id that can be logged', () => {
    fc.assert(
      fc.property(request, validOptions, (incoming, options) => {
        const normalized = normalizeOptions(options);
        expectPromises(resolveRequestId(normalized, reader, incoming, incoming));
      }),
      { numRuns: 5_000 },
    );
  });

  it('return what the client sent unchanged, or none of it', () => {
    const inbound = ['X-Correlation-ID', 'traceparent', 'X-Amzn-Trace-Id', 'X-Cloud-Trace-Context'];
    const normalized = normalizeOptions<Request>({ inbound });
    fc.assert(
      fc.property(request, (incoming) => {
        const decision = resolveRequestId(normalized, reader, incoming, incoming);
        expectPromises(decision);
        const { requestId } = decision;
        expect(requestId).toMatch(allowed);
        const sent = Object.values(incoming.headers).filter((header) => typeof header === 'string');
        if (!uuid.test(requestId)) {
          expect(sent.some((header) => header.includes(requestId))).toBe(true);
        }
      }),
      { numRuns: 5_000 },
    );
  });

  it('escape a latin-1 value so that its beginning can be decoded', () => {
    const normalized = normalizeOptions<Request>({ trust: false });
    const latin1 = fc.string({
      unit: fc.nat(255).map((code) => String.fromCharCode(code)),
      maxLength: 200,
    });
    fc.assert(
      fc.property(latin1, (sent) => {
        const incoming: Request = { headers: { 'x-request-id': sent }, peer: undefined };
        const { rejectedRequestId = '-' } = resolveRequestId(
          normalized,
          reader,
          incoming,
          incoming,
        );
        const bytes = rejectedRequestId.replace(/%([0-9A-F]{2})/g, (_all, code) =>
          String.fromCharCode(Number.parseInt(code, 16)),
        );
        expect(sent.startsWith(bytes)).toBe(true);
        if (bytes !== sent) expect(rejectedRequestId.length).toBeGreaterThan(125);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('normalizeOptions, given generated options', () => {
  const known = [
    'header',
    'inbound',
    'trust',
    'validate',
    'maxLength',
    'generate',
    'onInvalid',
    'echo',
    'exposeHeader',
    'values',
  ];
  const plausible = fc.oneof(
    fc.anything(),
    fc.constantFrom('loopback', 'replace', 'reject', 'X-Id', true, 128, () => 'made'),
    fc.array(fc.oneof(fc.constantFrom('X-Id', '10.0.0.0/8', '::1'), fc.string())),
  );

  it('return options that work, or throw an error that names a given one', () => {
    let taken = 0;
    let refused = 0;
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.oneof(
            { weight: 18, arbitrary: fc.constantFrom(...known) },
            { weight: 1, arbitrary: fc.constantFrom('toString', 'constructor', 'hasOwnProperty') },
            { weight: 1, arbitrary: fc.string() },
          ),
          plausible,
          { maxKeys: 4 },
        ),
        request,
        (options, incoming) => {
          const before = Object.entries(options);
          try {
            const normalized = normalizeOptions<Request>(options);
            const decision = resolveRequestId(normalized, reader, incoming, incoming);
            expectPromises(decision);
            // The given functions do not throw: any other error is a gap in the checks.
            if (decision.error !== undefined) {
              const { code } = decision.error as { code?: string };
              expect(['ERR_OPTION_RESULT', 'ERR_INVALID_REQUEST_ID']).toContain(code);
            }
            taken += 1;
          } catch (error) {
            if (!(error instanceof InvalidOptionError)) throw error;
            expect(Object.keys(options)).toContain(error.option);
            expect(error.message).toMatch(/^[\x20-\x7e]+$/);
            expect(error.message.length).toBeLessThan(500);
            refused += 1;
          }
          expect(Object.entries(options)).toEqual(before);
        },
      ),
      { numRuns: 5_000 },
    );
    expect(taken).toBeGreaterThan(100);
    expect(refused).toBeGreaterThan(100);
  });
});
