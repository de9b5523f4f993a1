/**
 * One generated request.
 *
 * @typedef {object} Generated
 * @property {string} bytes - What is sent, one character a byte (latin-1).
 * @property {[name: string, value: string][]} lines - Its header lines, as sent.
 * @property {boolean} isHostile - Whether an HTTP parser may refuse it.
 */

const fit = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~+/=@:-';
const printable = Array.from({ length: 95 }, (_, n) => String.fromCharCode(0x20 + n)).join('');
const latin1 = Array.from({ length: 128 }, (_, n) => String.fromCharCode(0x80 + n)).join('');
// Beside the tab, which is allowed within a value.
const controls = [...Array(32).keys(), 0x7f].map((n) => String.fromCharCode(n)).join('');
const hex = '0123456789abcdef';

const names = [
  'X-Request-ID',
  'X-Request-ID',
  'X-Request-ID',
  'X-Request-ID',
  'X-Correlation-ID',
  'traceparent',
  'X-Amzn-Trace-Id',
  'X-Cloud-Trace-Context',
];
const strangers = [
  'X_Request_ID',
  'X-Request-ID-2',
  'Request-ID',
  '__proto__',
  'constructor',
  'toString',
  'X-Forwarded-For',
  'Access-Control-Expose-Headers',
];
const nasty = [
  '',
  ' ',
  '\t',
  '"',
  '\\',
  '\\"',
  '","requestId":"forged',
  "' OR 1=1 --",
  '<script>alert(1)</script>',
  '$' + '{jndi:ldap://x}',
  '%0d%0aX-Evil: 1',
  '%s%n%x',
  '%',
  '..%2f..%2f',
  '[31mred',
  'a,b',
  'a, a',
  'a;b=c',
  'null',
  'undefined',
  '\u00c3\u00a9\u00e2\u0082\u00ac',
  '\u00f0\u009f\u0092\u00a9',
  '\u00ff\u00fe',
  '\u00c0\u00af',
  '\u0085',
  '\u00a0',
  '\u00ad',
];

/**
 * Makes requests whose headers nobody's client would send.
 *
 * @param {import('./random.js').Random} random
 * @param {{ hostile: boolean }} kind - Whether a parser may refuse it: control bytes, folds, names
 *   that are no tokens, heads that are too large.
 * @returns {Generated}
 */
export function generate(random, { hostile }) {
  /** @type {[string, string][]} */
  const lines = [];
  const count = random.pick([0, 1, 1, 1, 1, 1, 2, 2, 3, 5]);
  const repeated = random.chance(0.15) ? random.pick(names) : undefined;
  for (let n = 0; n < count; n += 1) {
    const name = repeated ?? (random.chance(0.9) ? random.pick(names) : random.pick(strangers));
    lines.push([inSomeCase(random, name), valueFor(random, name)]);
  }
  if (hostile) breakOne(random, lines);
  const head = lines.map(([name, value]) => `${name}:${padding(random)}${value}${padding(random)}`);
  const bytes = ['POST / HTTP/1.1', 'Host: x', 'Content-Length: 0', ...head, '', ''].join('\r\n');
  return { bytes, lines, isHostile: hostile };
}

/**
 * @param {import('./random.js').Random} random
 * @param {string} name
 */
function valueFor(random, name) {
  if (name === 'traceparent' && random.chance(0.8)) return traceparent(random);
  if (name === 'X-Amzn-Trace-Id' && random.chance(0.8)) {
    const fields = [
      `Root=1-${some(random, hex, 8)}-${some(random, hex, 24)}`,
      'Sampled=1',
      'Self=x',
    ];
    return fields.slice(0, random.between(1, 3)).join(random.pick([';', '; ', ',', ';;']));
  }
  if (name === 'X-Cloud-Trace-Context' && random.chance(0.8)) {
    return `${some(random, hex, random.pick([32, 32, 31]))}${random.pick(['', '/1', '/1;o=1', '/x', ';o=1'])}`;
  }
  switch (random.between(0, 7)) {
    case 0:
    case 1:
      return some(random, fit, random.between(1, 40));
    case 2:
      return some(random, fit, random.pick([1, 127, 128, 129, 130]));
    case 3:
      return random.pick(nasty) + (random.chance(0.5) ? some(random, fit, 8) : '');
    case 4:
      return some(random, printable, random.between(0, 200));
    case 5:
      return some(random, latin1 + printable, random.between(1, 200));
    case 6:
      return some(random, `${fit}\t ,"`, random.between(1, 130));
    default:
      return random
        .pick(['x', '"', '%', '\u00e9', 'a '])
        .repeat(random.pick([64, 128, 129, 1000, 3000]));
  }
}

/** @param {import('./random.js').Random} random */
function traceparent(random) {
  const [version, trace, parent, flags] = [
    random.pick(['00', '00', '00', '01', 'fe', 'ff', '0', 'zz']),
    random.pick([some(random, hex, 32), some(random, hex, 31), '0'.repeat(32)]),
    random.pick([some(random, hex, 16), '0'.repeat(16)]),
    random.pick(['00', '01', 'x']),
  ];
  const value = [version, trace, parent, flags].join('-') + random.pick(['', '', '-x', '.x']);
  return random.chance(0.1) ? value.toUpperCase() : value;
}

/**
 * @param {import('./random.js').Random} random
 * @param {[string, string][]} lines
 */
function breakOne(random, lines) {
  if (lines.length === 0) lines.push(['X-Request-ID', 'a']);
  const line = /** @type {[string, string]} */ (random.pick(lines));
  const at = random.between(0, line[1].length);
  /** @param {string} bytes */
  const insert = (bytes) => {
    line[1] = line[1].slice(0, at) + bytes + line[1].slice(at);
  };
  switch (random.between(0, 5)) {
    case 0:
      return insert(random.pick([...controls]));
    case 1:
      return insert(
        random.pick(['\r\n folded', '\r\n\tfolded', '\n folded', '\r folded', '\n\r\n']),
      );
    case 2:
      return insert(random.pick(['\r\nX-Evil: 1', '\nX-Evil: 1', '\rX-Evil: 1', '\r\n\r\n']));
    case 3:
      line[0] = random.pick([
        `${line[0]} `,
        `${line[0]}\t`,
        ` ${line[0]}`,
        `X Request ID`,
        '',
        '\u00e9',
        'X\0',
      ]);
      return;
    case 4:
      line[1] = 'x'.repeat(random.between(14_000, 20_000));
      return;
    default:
      for (let n = 0; n < random.pick([10, 500, 2500]); n += 1) lines.push([line[0], 'a']);
  }
}

/**
 * @param {import('./random.js').Random} random
 * @param {string} alphabet
 * @param {number} length
 */
function some(random, alphabet, length) {
  let text = '';
  for (let n = 0; n < length; n += 1) text += alphabet[random.between(0, alphabet.length - 1)];
  return text;
}

/**
 * @param {import('./random.js').Random} random
 * @param {string} name
 */
function inSomeCase(random, name) {
  return random.pick([name, name, name.toLowerCase(), name.toUpperCase()]);
}

/** @param {import('./random.js').Random} random */
function padding(random) {
  return random.pick(['', ' ', ' ', '  ', '\t', ' \t ']);
}
