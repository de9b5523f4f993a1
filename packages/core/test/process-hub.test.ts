import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('./support/realms.js', import.meta.url));
const entry = join(import.meta.dirname, '../dist/index.cjs');

describe('processHub', () => {
  it('keep no realm alive except the first', () => {
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
});
