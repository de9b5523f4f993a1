import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { check } from 'recheck';
import { describe, expect, it } from 'vitest';

const packages = join(import.meta.dirname, '../../packages');

/** A regular expression literal: not after a value, where a slash divides, and not a comment. */
const literal =
  /(?<![\w)\]}'"`/*.]\s?)\/((?:[^\\/\n[*]|\\.|\[(?:[^\]\\\n]|\\.)+\])(?:[^\\/\n[]|\\.|\[(?:[^\]\\\n]|\\.)+\])*)\/([dgimsuvy]*)/g;

interface Found {
  file: string;
  source: string;
  flags: string;
}

/** The literals of the sources that are published, without those in comments. */
function findAll(): Found[] {
  return readdirSync(packages).flatMap((name) => {
    const folder = join(packages, name, 'src');
    const files = readdirSync(folder, { recursive: true }).map(String);
    return files
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) => find(`${name}/src/${file}`, readFileSync(join(folder, file), 'utf8')));
  });
}

function find(file: string, text: string): Found[] {
  return text
    .split('\n')
    .filter((line) => !/^ *(?:\/?\*|\/\/)/.test(line))
    .flatMap((line) => [...line.matchAll(literal)])
    .map(([, source = '', flags = '']) => ({ file, source, flags }));
}

describe('regular expressions', () => {
  const found = findAll();

  it('be found in the sources', () => {
    const sources = found.map(({ source }) => source);
    expect(sources).toContain('^[A-Za-z0-9._~+/=@:-]+$');
    expect(sources).toContain('^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$');
    expect(find('', 'if (/a(b+)+c/u.test(x) || a / b / c) "a/b/c"')).toEqual([
      { file: '', source: 'a(b+)+c', flags: 'u' },
    ]);
  });

  it.each(found.map(({ file, source, flags }) => [source, file, flags] as const))(
    'match %s in %s in linear time',
    async (source, _file, flags) => {
      expect(await check(source, flags)).toMatchObject({
        status: 'safe',
        complexity: { type: expect.stringMatching(/^(?:safe|linear)$/) },
      });
    },
  );

  it('be reported when they take longer', async () => {
    expect(await check('^(a+)+$', '')).toMatchObject({ status: 'vulnerable' });
    expect(await check('^ *(.*?) *$', '')).toMatchObject({ status: 'vulnerable' });
  });
});
