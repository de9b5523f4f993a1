import { markdownTable } from 'markdown-table';

/** @typedef {import('./statistics.js').Spread} Spread */
/** @typedef {import('../http/measure.js').Row} Row */
/** @typedef {import('../micro/measure.js').MicroRow} MicroRow */
/** @typedef {{ storage: number, context: number, bare: number, naive: number, ours: number, rTracer: number }} Memory */
/** @typedef {{ command: string, version: string, date: string, cpu: string, sets: number, rounds: number, amount: number, microRounds: number }} Heading */

/** Returns the median with the quartiles. @param {Spread} spread @param {number} digits */
const show = ({ median, low, high }, digits) =>
  `${median.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`;

/** Returns a text with a call in it as code. @param {string} text */
const code = (text) => (/[()]/.test(text) ? `\`${text}\`` : text);

/** @param {readonly Row[]} rows */
export function httpTable(rows) {
  const head = [
    '',
    'CPU µs',
    'CPU to bare',
    'CPU to naive',
    'requests/s',
    'requests/s to bare',
    'requests/s to naive',
  ];
  return markdownTable(
    [
      head,
      ...rows.map((row) => [
        row.variant,
        show(row.cpu, 1),
        show(row.cpuToBare, 3),
        show(row.cpuToNaive, 3),
        row.perSecond.median.toFixed(0),
        show(row.perSecondToBare, 3),
        show(row.perSecondToNaive, 3),
      ]),
    ],
    { align: ['l', ...head.slice(1).map(() => 'r')] },
  );
}

/** @param {readonly MicroRow[]} rows */
export function microTable(rows) {
  return markdownTable(
    [
      ['', 'ns', 'times as long', 'as', 'goal'],
      ...rows.map(({ title, base, goal, nanoseconds, ratio }) => [
        code(title),
        nanoseconds.median.toFixed(1),
        show(ratio, 2),
        code(base),
        goal === undefined ? '' : `${goal}`,
      ]),
    ],
    { align: ['l', 'r', 'r', 'l', 'r'] },
  );
}

/** @param {Memory} memory */
export function memoryTable({ storage, context, bare, naive, ours, rTracer }) {
  const rounded = (/** @type {number} */ bytes) => bytes.toFixed(0);
  return markdownTable(
    [
      ['', 'bytes', 'beyond'],
      ['kept for an open task in `AsyncLocalStorage.run`', rounded(storage), ''],
      [
        'kept for an open task in `context.run`, of 100,000',
        rounded(context),
        `${rounded(context - storage)} (goal: less than 600)`,
      ],
      ['allocated for a request, node:http, bare', rounded(bare), ''],
      ['the same, naive', rounded(naive), rounded(naive - bare)],
      ['the same, request-context', rounded(ours), rounded(ours - bare)],
      ['the same, cls-rtracer', rounded(rTracer), rounded(rTracer - bare)],
    ],
    { align: ['l', 'r', 'r'] },
  );
}

/**
 * @param {string} name The base name of the page's files.
 * @param {Heading} heading
 * @param {readonly { title: string, rows: readonly Row[] }[]} http
 * @param {{ rows: readonly MicroRow[], memory: Memory } | undefined} micro
 */
export function page(name, heading, http, micro) {
  const sections = http.map(({ title, rows }) => `### ${title}\n\n${httpTable(rows)}\n`);
  return `# Benchmarks on Node ${heading.version}

Written by \`${heading.command}\` on ${heading.date}; ${heading.cpu}. Do not edit. [What the figures mean, and what made
the packages fast](../performance.md).

## HTTP

Each variant has a server process, and one load process sends the requests over 16 connections. Half of the requests
carry an id; the servers make one for the others. ${heading.sets} sets of ${heading.rounds} rounds of ${heading.amount} requests: each round runs each variant once,
in random order, and each set starts new processes. All figures are medians, with the quartiles in brackets; ratios are
taken round by round. \`naive\` is eight lines by hand: read the header or make a UUID, set the header,
\`AsyncLocalStorage.run\`. It is measured twice: ratios are to the mean of the two, and their difference is chance.

![CPU time for a request, against the bare framework](./${name}.svg)

${sections.join('\n')}
## Core

Each line has its own process, with ${heading.microRounds} rounds. In each round, the two calls that are compared run one right after the
other.

${micro === undefined ? '' : `${microTable(micro.rows)}\n\n## Memory\n\n${memoryTable(micro.memory)}`}
`;
}
