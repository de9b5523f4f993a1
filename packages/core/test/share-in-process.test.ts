import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shareInProcess } from '../src/adapter.ts';

const core = join(import.meta.dirname, '..');
const script = fileURLToPath(new URL('./support/two-copies.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'request-context-copies-'));

/** Installs two copies of the build side by side, as a dependency tree can have them. */
beforeAll(() => {
  for (const copy of ['one', 'two']) {
    cpSync(join(core, 'dist'), join(folder, copy, 'dist'), { recursive: true });
    cpSync(join(core, 'package.json'), join(folder, copy, 'package.json'));
  }
  symlinkSync(join(core, 'node_modules'), join(folder, 'node_modules'), 'junction');
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

const esm = 'dist/index.js';
const cjs = 'dist/index.cjs';
const pairs: [string, string, string][] = [
  ['the ESM and the CommonJS build', `one/${esm}`, `one/${cjs}`],
  ['the CommonJS and the ESM build', `one/${cjs}`, `one/${esm}`],
  ['two copies, both ESM', `one/${esm}`, `two/${esm}`],
  ['two copies, both CommonJS', `one/${cjs}`, `two/${cjs}`],
  ['two copies, ESM and CommonJS', `one/${esm}`, `two/${cjs}`],
];

describe('shareInProcess', () => {
  it('return the same object for a name each time, and another one for another number', () => {
    const shared = shareInProcess('@request-context/core/test:1', () => ({ count: 0 }));
    shared.count += 1;
    expect(shareInProcess('@request-context/core/test:1', () => ({ count: 0 }))).toBe(shared);
    expect(shareInProcess('@request-context/core/test:2', () => ({ count: 0 })).count).toBe(0);
  });

  it('survive a test runner that empties the objects on globalThis', () => {
    const keys = Reflect.ownKeys(globalThis).filter((key) => {
      return String(key).startsWith('Symbol(@request-context/core/');
    });
    expect(keys.map(String)).toEqual(
      expect.arrayContaining(
        ['context:3', 'methods:3', 'requests:3'].map(
          (part) => `Symbol(@request-context/core/${part})`,
        ),
      ),
    );
    for (const key of keys) {
      expect(Object.getOwnPropertyDescriptor(globalThis, key)).toMatchObject({
        configurable: false,
        writable: false,
      });
      const state = Reflect.get(globalThis, key);
      for (const name of Reflect.ownKeys(state)) {
        // Jest's deleteProperties() skips these.
        expect(Object.getOwnPropertyDescriptor(state, name)?.configurable).toBe(false);
      }
    }
  });
});

describe('two builds in one process', () => {
  it.each(pairs)('share a scope: %s', (_, first, second) => {
    const files = [first, second].map((file) => join(folder, file));
    const output = execFileSync(process.execPath, [script, ...files], {
      encoding: 'utf8',
    });
    expect(JSON.parse(output)).toEqual({
      areDistinct: true,
      id: 'of one',
      active: true,
      values: [
        ['requestId', 'of one'],
        ['list', ['a']],
        ['__proto__', 'own'],
      ],
      setByTwo: 'set by two',
      share: ['set in share', 'set in share'],
      'after share': 'set in share',
      copy: ['set in copy', 'set in copy'],
      'after copy': 'set in share',
      chain: ['set in chain', 'set in chain'],
      'after chain': 'set in share',
      emitted: ['of two', 'of two'],
      boundByOne: ['set in share', 'set in share'],
      reboundByTwo: ['of two', 'of two'],
      isWrappedOnce: true,
      carried: 'of two',
      code: 'ERR_NO_CONTEXT',
      isCreatedApart: true,
    });
  });
});
