import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { format, inspect } from 'node:util';
import { context } from '@request-context/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { patchConsole } from '../src/console.ts';
import type { FieldOptions } from '../src/index.ts';
import { badOptions } from './support/bad-options.ts';
import { values } from './support/values.ts';

const vitestConsole = globalThis.console;
let stdout = '';
let stderr = '';
let writes: string[] = [];
let undos: (() => void)[] = [];

/** Patches the console until the test ends. */
function patch(options?: FieldOptions): () => void {
  const undo = patchConsole(options);
  undos.push(undo);
  return undo;
}

// vitest's console does not write to streams that tests can read: Node's replaces it.
beforeEach(() => {
  stdout = '';
  stderr = '';
  undos = [];
  const sink = (add: (text: string) => void): Writable =>
    new Writable({
      write(chunk, _encoding, next) {
        writes.push(String(chunk));
        add(String(chunk));
        next();
      },
    });
  globalThis.console = new Console({
    stdout: sink((text) => {
      stdout += text;
    }),
    stderr: sink((text) => {
      stderr += text;
    }),
  });
});

afterEach(() => {
  for (const undo of undos) undo();
  globalThis.console = vitestConsole;
});

/** Returns what is written before the patch, with it outside and inside a request, and after it. */
function written(log: () => void, options?: FieldOptions, inside: object = values) {
  function run(): [string, string] {
    stdout = '';
    stderr = '';
    log();
    return [stdout, stderr];
  }
  const before = run();
  const undo = patch(options);
  const outside = run();
  const within = context.run(inside, run);
  undo();
  return { before, outside, within, after: run() };
}

const error = new Error('declined');

it.each<[string, () => void]>([
  ['text', () => console.log('saved')],
  ['text with a percent sign alone', () => console.log('100% %s %%')],
  ['format strings', () => console.log('%s of %d: %j %o %%', 'order', 7, { a: 1 }, [2], 'more')],
  ['%c', () => console.log('%csaved', 'color: red')],
  ['an object', () => console.log({ order: { id: 7, lines: [{ sku: 'x', deep: { er: 1 } }] } })],
  ['several objects', () => console.log({ a: 1 }, ['b'], 3, null, undefined, Symbol('c'))],
  ['an object before a format string', () => console.log({ a: 1 }, '%s', 'x')],
  ['an error', () => console.log(error)],
  ['text with an error', () => console.log('failed:', error)],
  ['several lines', () => console.log('first\nsecond')],
  ['an assertion', () => console.assert(false, '%s wrong', 'it is')],
  [
    'a count',
    () => {
      console.count('orders');
      console.countReset('orders');
    },
  ],
  ['console.info', () => console.info('saved %d', 7)],
  ['console.debug', () => console.debug('saved %d', 7)],
  ['console.warn', () => console.warn('saved %d', 7)],
  ['console.error', () => console.error('saved %d', 7)],
])('prefix %s, and change nothing else', (_what, log) => {
  const { before, outside, within, after } = written(log);
  const prefix = (text: string): string => (text === '' ? '' : `[myid] ${text}`);
  expect(before.join('')).not.toBe('');
  expect(within).toEqual(before.map(prefix));
  expect(outside).toEqual(before);
  expect(after).toEqual(before);
});

it('prefix a trace once, and add no frame to its stack', () => {
  const { before, within } = written(() => console.trace('%s got here', 'who'));
  const firstLines = (text: string): string[] => text.split('\n').slice(0, 2);
  expect(within[0]).toBe('');
  expect(firstLines(within[1])).toEqual(firstLines(`[myid] ${before[1]}`));
  expect(within[1]).toMatch(/^\[myid\] Trace: who got here\n {4}at /);
  expect(within[1]).not.toContain('src/console.ts');
});

it('prefix an empty line with the id alone', () => {
  expect(written(() => console.log()).within).toEqual(['[myid]\n', '']);
  expect(written(() => console.log('')).within).toEqual(['[myid] \n', '']);
});

it('prefix the first line that is not empty', () => {
  expect(written(() => console.error('\n\n  Error: x')).within).toEqual([
    '',
    '\n\n[myid]   Error: x\n',
  ]);
});

it('put the prefix after the indentation of a group', () => {
  const { within } = written(() => {
    console.group('order');
    console.log({ a: 1 });
    console.groupEnd();
  });
  expect(within[0]).toBe('[myid] order\n  [myid] { a: 1 }\n');
});

it.each<[string, () => void]>([
  [
    'table',
    () =>
      console.table([
        { a: 1, b: 'x' },
        { a: 2, b: 'y' },
      ]),
  ],
  ['dir', () => console.dir({ a: { b: { c: { d: 1 } } } }, { depth: 0 })],
])('leave console.%s alone', (_what, log) => {
  const { before, within } = written(log);
  expect(before[0]).not.toBe('');
  expect(within).toEqual(before);
});

it.each<[FieldOptions, string]>([
  [{ keys: ['requestId', 'tenant'] }, '[requestId=myid tenant=acme] saved\n'],
  [{ keys: { requestId: 'request_id' } }, '[request_id=myid] saved\n'],
  [{ keys: ['tenant'] }, '[tenant=acme] saved\n'],
  [{ keys: ['trace'] }, 'saved\n'],
])('prefix the values that %o names', (options, line) => {
  expect(written(() => console.log('saved'), options).within[0]).toBe(line);
});

it('escape what could forge a prefix or a line, and use no value as a format', () => {
  const forged = { requestId: 'a] b\n[c %s %d', tenant: '\x1b[2K%c', secret: '' };
  const lines = written(() => console.log('%s!', 'saved'), {}, forged).within[0];
  expect(lines).toBe('[a%5D%20b%0A%5Bc%20%25s%20%25d] saved!\n');
  const object = written(() => console.log({ a: 1 }), { keys: ['tenant'] }, forged).within[0];
  expect(object).toBe('[tenant=%1B%5B2K%25c] { a: 1 }\n');
});

it('prefix once when called twice, with the latest options until they are undone', () => {
  const { log } = console;
  const undoFirst = patch();
  const undoSecond = patch({ keys: ['tenant'] });
  const line = (): string => {
    stdout = '';
    context.run(values, () => console.log('saved'));
    return stdout;
  };
  expect(line()).toBe('[tenant=acme] saved\n');
  undoSecond();
  expect(line()).toBe('[myid] saved\n');
  undoSecond();
  expect(line()).toBe('[myid] saved\n');
  undoFirst();
  expect(line()).toBe('saved\n');
  expect(console.log).toBe(log);
});

it('keep the later patch when the earlier one is undone', () => {
  const undoFirst = patch();
  const undoSecond = patch({ keys: ['tenant'] });
  undoFirst();
  context.run(values, () => console.log('saved'));
  expect(stdout).toBe('[tenant=acme] saved\n');
  undoSecond();
  context.run(values, () => console.log('saved'));
  expect(stdout).toBe('[tenant=acme] saved\nsaved\n');
});

it('restore exactly what was there', () => {
  const { log } = console;
  Object.defineProperty(console, 'log', { get: () => log, enumerable: false, configurable: true });
  Object.defineProperty(console, 'warn', { value: log, writable: false, configurable: true });
  Object.defineProperty(console, 'info', { value: undefined, configurable: true });
  // Inherited from now on.
  delete (console as Partial<Console>).debug;
  const before = Object.getOwnPropertyDescriptors(console);
  const undo = patch();
  expect(console.log).not.toBe(log);
  expect(console.info).toBeUndefined();
  undo();
  expect(Object.getOwnPropertyDescriptors(console)).toEqual(before);
  for (const name of Object.keys(before) as (keyof typeof before)[]) {
    expect(Object.getOwnPropertyDescriptor(console, name)?.value).toBe(before[name]?.value);
  }
});

it('keep the names and the attributes of the methods that it patches', () => {
  const before = Object.entries(Object.getOwnPropertyDescriptors(console));
  patch();
  const after = Object.getOwnPropertyDescriptors(console);
  expect(Object.keys(after)).toEqual(before.map(([name]) => name));
  for (const [name, { value, ...attributes }] of before) {
    expect(Object.getOwnPropertyDescriptor(console, name)).toMatchObject(attributes);
  }
  expect([console.log.name, console.error.name, console.log.length]).toEqual(['log', 'error', 0]);
  const { log } = console;
  context.run(values, () => log('without this'));
  expect(stdout).toBe('[myid] without this\n');
});

it("leave others' patches in place when it is undone, and do nothing inside them", () => {
  const undo = patch();
  const ours = console.log;
  const theirs = (...args: unknown[]): void => ours('theirs', ...args);
  console.log = theirs;
  undo();
  expect(console.log).toBe(theirs);
  context.run(values, () => console.log('saved'));
  expect(stdout).toBe('theirs saved\n');
  // Patched again, the console still calls the older patch.
  patch();
  stdout = '';
  context.run(values, () => console.log('saved'));
  expect(stdout).toBe('theirs [myid] saved\n');
});

/** Returns a function that logs and then returns a text. */
function logging(log: () => void, text = 'x'): () => string {
  return () => {
    log();
    return text;
  };
}

/** Arguments that log when they are formatted. */
const talkative: [string, (log: () => void) => unknown[]][] = [
  ['inspect.custom', (log) => ['%o', { [inspect.custom]: logging(log) }]],
  ['inspect.custom of an object', (log) => [{ [inspect.custom]: logging(log) }]],
  [
    'a getter',
    (log) => ['%j', Object.defineProperty({}, 'x', { get: logging(log), enumerable: true })],
  ],
  ['toString()', (log) => ['%s', { toString: logging(log) }]],
];
const chatty: [string, (args: unknown[]) => void][] = [
  ...(['log', 'info', 'warn', 'error', 'debug', 'trace', 'group'] as const).map(
    (name): [string, (args: unknown[]) => void] => [name, (args) => console[name](...args)],
  ),
  ['assert', ([first, ...rest]) => console.assert(false, first as string, ...rest)],
  [
    'timeLog',
    (args) => {
      console.time('t');
      console.timeLog('t', ...args);
      console.timeEnd('t');
    },
  ],
];

describe.each(talkative)('%s that logs', (_by, make) => {
  it.each(chatty)('leave each line one prefix, in console.%s', (_name, outer) => {
    const inner = (): void => {
      console.log('inner');
      console.warn('inner, %s', 'too');
    };
    function firstLines(): (string | undefined)[] {
      writes = [];
      outer(make(inner));
      console.groupEnd();
      return writes.map((text) => text.split('\n')[0]?.replace(/[\d.]+ms/, '1ms'));
    }
    const before = firstLines();
    patch();
    expect(context.run(values, firstLines)).toEqual(before.map((line) => `[myid] ${line}`));
  });
});

it('prefix the line that an argument of console.table, console.dir or console.count logs', () => {
  patch();
  const inner = logging(() => console.log('inner'), 'orders');
  const shown = { [inspect.custom]: inner };
  const lines = (log: () => void): string[] => {
    stdout = '';
    context.run(values, log);
    return stdout.trim().split('\n');
  };
  expect(lines(() => console.dir(shown, { customInspect: true }))).toEqual([
    '[myid] inner',
    'orders',
  ]);
  const label = { toString: inner } as unknown as string;
  expect(lines(() => console.count(label))).toEqual(['[myid] inner', '[myid] orders: 1']);
  const table = lines(() => console.table([{ a: shown }]));
  expect(table).toContain('[myid] inner');
  expect(table.filter((line) => /inner|\[myid\]/.test(line) && line !== '[myid] inner')).toEqual(
    [],
  );
  expect(lines(() => console.table('text'))).toEqual(['text']);
});

it('prefix what an argument logs in another request', () => {
  patch();
  const inner = logging(() => context.run({ requestId: 'inner' }, () => console.warn('inner')));
  console.log({ [inspect.custom]: inner });
  context.run(values, () => console.log({ [inspect.custom]: inner }));
  expect(stderr).toBe('[inner] inner\n[inner] inner\n');
  expect(stdout).toBe('x\n[myid] x\n');
});

it('restore its state after an argument that logs and throws, and after a task that this starts', async () => {
  patch();
  const later: Promise<void>[] = [];
  const bad = {
    [inspect.custom]() {
      later.push(Promise.resolve().then(() => console.log('later')));
      console.log('inner');
      throw new Error('not shown');
    },
  };
  await context.run(values, async () => {
    expect(() => console.log(bad)).toThrow('not shown');
    // The text of another call may begin like a prefixed one.
    console.log('[myid] saved');
    const nested = logging(() => expect(() => console.log(bad)).toThrow('not shown'), 'outer');
    console.log('%s', { toString: nested });
    await Promise.all(later);
  });
  expect(stdout.split('\n')).toEqual([
    '[myid] inner',
    '[myid] [myid] saved',
    '[myid] inner',
    '[myid] outer',
    '[myid] later',
    '[myid] later',
    '',
  ]);
});

it('prefix once where a wrapper between two patches formats the text', () => {
  const undo = patch();
  const ours = console.log;
  console.log = (...args: unknown[]): void => ours(`theirs ${format(...args)}`);
  undo();
  patch();
  context.run(values, () => console.log('%s of %d', 'order', 7));
  context.run(values, () => console.log({ a: 1 }));
  expect(stdout).toBe('theirs [myid] order of 7\ntheirs [myid] { a: 1 }\n');
});

it.each(badOptions)('throw for %s, and patch nothing', (_problem, options, option) => {
  const { log } = console;
  expect(() => patchConsole(options as FieldOptions)).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_OPTION', option }),
  );
  expect(console.log).toBe(log);
});
