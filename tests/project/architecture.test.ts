import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
const paths = new Set(page.match(/\b[\w-]+\/src\/[\w/.-]+/g));

describe('docs/architecture.md', () => {
  it('name the files of every step', () => expect(paths.size).toBeGreaterThan(20));

  it.each([...paths])('name %s, which exists', (path) => {
    expect(existsSync(join(root, 'packages', path))).toBe(true);
  });
});
