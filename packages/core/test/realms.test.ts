import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { context } from '../src/index.ts';

const script = fileURLToPath(new URL('./support/realms.js', import.meta.url));
const entry = join(import.meta.dirname, '../dist/index.cjs');

describe('what the process shares', () => {
  it('keeps no realm alive but the first', () => {
    const output = execFileSync(process.execPath, ['--expose-gc', script, entry], {
      encoding: 'utf8',
    });
    expect(JSON.parse(output)).toEqual({
      // The first, and the last, which is in use.
      left: 2,
      listeners: 1,
      id: 'myid',
    });
  });

  it('survives a test runner that empties what hangs on globalThis', () => {
    const keys = Reflect.ownKeys(globalThis).filter((key) => {
      return String(key).startsWith('Symbol(@request-context/core');
    });
    expect(keys.length).toBe(1);
    for (const key of keys) {
      const state = Reflect.get(globalThis, key);
      for (const name of Reflect.ownKeys(state)) {
        // What Jest's deleteProperties() skips.
        expect(Object.getOwnPropertyDescriptor(state, name)?.configurable).toBe(false);
      }
    }
    expect(context.run({ requestId: 'myid' }, () => context.get('requestId'))).toBe('myid');
  });
});
