import fc from 'fast-check';
import { weighted } from '../../kit/weighted.js';

/**
 * One generated request.
 *
 * @typedef {object} Generated
 * @property {string} bytes - What is sent, as latin-1: one character for each byte.
 * @property {[name: string, value: string][]} lines - Its header lines, as sent.
 * @property {boolean} isHostile - Whether an HTTP parser may refuse it.
 *
 * @typedef {[name: string, value: string, before: string, after: string]} Line - With what pads the value.
 */

const one = fc.constantFrom;
/** @param {number} from @param {number} to */
const range = (from, to) =>
  Array.from({ length: to - from }, (_, n) => String.fromCharCode(from + n)).join('');

const valid = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~+/=@:-';
const printable = range(0x20, 0x7f);
const hex = '0123456789abcdef';

/** @param {string} alphabet @param {number} minLength @param {number} [maxLength] */
const text = (alphabet, minLength, maxLength = minLength) =>
  fc.string({ unit: one(...alphabet), minLength, maxLength, size: 'max' });

/** @param {...(string | fc.Arbitrary<string>)} parts */
const joined = (...parts) =>
  fc
    .tuple(...parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part)))
    .map((made) => made.join(''));

const nasty = [
  ...['', ' ', '\t', '"', '\\', '\\"', '","requestId":"forged', "' OR 1=1 --", '%', '..%2f..%2f'],
  ...['<script>alert(1)</script>', '$' + '{jndi:ldap://x}', '%0d%0aX-Evil: 1', '%s%n%x', '[31mred'],
  ...['a,b', 'a, a', 'a;b=c', 'null', 'undefined', '\u00c3\u00a9\u00e2\u0082\u00ac', '\u00ad'],
  ...['\u00f0\u009f\u0092\u00a9', '\u00ff\u00fe', '\u00c0\u00af', '\u0085', '\u00a0'],
];

const anyValue = fc.oneof(
  text(valid, 1, 40),
  text(valid, 1, 40),
  fc.oneof(...[1, 127, 128, 129, 130].map((length) => text(valid, length))),
  joined(one(...nasty), fc.oneof(fc.constant(''), text(valid, 8))),
  text(printable, 0, 200),
  text(range(0x80, 0x100) + printable, 1, 200),
  text(`${valid}\t ,"`, 1, 130),
  fc
    .tuple(one('x', '"', '%', '\u00e9', 'a '), one(64, 128, 129, 1000, 3000))
    .map(([part, times]) => part.repeat(times)),
);

const traceparent = fc
  .tuple(
    joined(
      joined(one('00', '00', '00', '01', 'fe', 'ff', '0', 'zz'), '-'),
      joined(fc.oneof(text(hex, 32), text(hex, 31), fc.constant('0'.repeat(32))), '-'),
      joined(fc.oneof(text(hex, 16), fc.constant('0'.repeat(16))), '-'),
      joined(one('00', '01', 'x'), one('', '', '-x', '.x')),
    ),
    weighted([9, fc.constant(false)], [1, fc.constant(true)]),
  )
  .map(([value, isUpper]) => (isUpper ? value.toUpperCase() : value));

const amazonTrace = fc
  .tuple(
    joined('Root=1-', text(hex, 8), '-', text(hex, 24)),
    one(1, 2, 3),
    one(';', '; ', ',', ';;'),
  )
  .map(([root, count, separator]) => [root, 'Sampled=1', 'Self=x'].slice(0, count).join(separator));

const googleTrace = joined(
  fc.oneof(text(hex, 32), text(hex, 32), text(hex, 31)),
  one('', '/1', '/1;o=1', '/x', ';o=1'),
);

const padding = one('', ' ', ' ', '  ', '\t', ' \t ');

/** @param {string} name @param {fc.Arbitrary<string>} value @returns {fc.Arbitrary<Line>} */
const lineOf = (name, value) =>
  fc.tuple(one(name, name, name.toLowerCase(), name.toUpperCase()), value, padding, padding);

/** @param {string} name @param {fc.Arbitrary<string>} value */
const mostly = (name, value) => lineOf(name, weighted([4, value], [1, anyValue]));

const read = [
  ...Array.from({ length: 4 }, () => lineOf('X-Request-ID', anyValue)),
  lineOf('X-Correlation-ID', anyValue),
  mostly('traceparent', traceparent),
  mostly('X-Amzn-Trace-Id', amazonTrace),
  mostly('X-Cloud-Trace-Context', googleTrace),
];
const strangers = [
  ...['X_Request_ID', 'X-Request-ID-2', 'Request-ID', '__proto__', 'constructor', 'toString'],
  ...['X-Forwarded-For', 'Access-Control-Expose-Headers'],
].map((name) => lineOf(name, anyValue));
const anyLine = weighted([9, fc.oneof(...read)], [1, fc.oneof(...strangers)]);

/** Returns header lines, sometimes all with one name. @param {number} minLength */
const linesFrom = (minLength) => {
  const length = { minLength, maxLength: 5 };
  const repeated = read.map((line) => fc.array(line, length));
  return weighted([17, fc.array(anyLine, length)], [3, fc.oneof(...repeated)]);
};

// A tab is valid within a value.
const controls = `${range(0, 0x20)}\x7f`;
const inserted = fc.oneof(
  one(...controls),
  one('\r\n folded', '\r\n\tfolded', '\n folded', '\r folded', '\n\r\n'),
  one('\r\nX-Evil: 1', '\nX-Evil: 1', '\rX-Evil: 1', '\r\n\r\n'),
);

/**
 * Ways to break a line that a parser may refuse: control bytes, folds, invalid names, a head that is too large.
 *
 * @type {fc.Arbitrary<(line: Line) => Line[]>}
 */
const breakage = weighted(
  [
    3,
    fc.tuple(inserted, fc.nat(4000)).map(([bytes, n]) => ([name, value, ...padding]) => {
      const at = n % (value.length + 1);
      return [[name, value.slice(0, at) + bytes + value.slice(at), ...padding]];
    }),
  ],
  [
    1,
    one('* ', '*\t', ' *', 'X Request ID', '', '\u00e9', 'X\0').map(
      (pattern) =>
        ([name, ...rest]) => [[pattern.replace('*', name), ...rest]],
    ),
  ],
  [
    1,
    fc.integer({ min: 14_000, max: 20_000 }).map((length) => ([name, _, ...padding]) => [
      [name, 'x'.repeat(length), ...padding],
    ]),
  ],
  [
    1,
    one(10, 500, 2500).map((count) => (line) => [
      line,
      ...Array.from({ length: count }, () => /** @type {Line} */ ([line[0], 'a', ' ', ''])),
    ]),
  ],
);

/** @param {Line[]} lines @param {boolean} isHostile @returns {Generated} */
function toRequest(lines, isHostile) {
  const head = lines.map(([name, value, before, after]) => `${name}:${before}${value}${after}`);
  const bytes = ['POST / HTTP/1.1', 'Host: x', 'Content-Length: 0', ...head, '', ''].join('\r\n');
  return { bytes, lines: lines.map(([name, value]) => [name, value]), isHostile };
}

/** Requests with headers that no ordinary client sends. */
export const anyRequest = linesFrom(0).map((lines) => toRequest(lines, false));

/** Requests that a parser may refuse. */
export const hostileRequest = fc
  .tuple(linesFrom(1), breakage, fc.nat(4))
  .map(([lines, broken, n]) =>
    toRequest(
      lines.flatMap((line, at) => (at === n % lines.length ? broken(line) : [line])),
      true,
    ),
  );
