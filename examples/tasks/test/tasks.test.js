import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const folder = join(import.meta.dirname, '..');

/** @param {string} program */
function run(program) {
  return execFileSync(process.execPath, [join(folder, 'src', program)], { encoding: 'utf8' });
}

const redefined = `2: RUNNING
1: PENDING
1 (child): PENDING
0: FAILED
2: RUNNING
`;

/** @param {string} simple @param {string} second */
const compared = (simple, second) => `parent before: simple=from parent, complex=['from', 'parent']
child: simple=from child, complex=['from', 'child']
parent after: simple=${simple}, complex=['from', '${second}']
`;

/** What aiotask_context's programs print, except for the names in the `Using` lines. */
const outputs = {
  'read.js': '1234\n1234\n',
  'share.js': '2: RUNNING\n0: DONE\n2: DONE\n',
  'redefine.js': `\nUsing copy\n${redefined}\nUsing chain\n${redefined}`,
  'compare.js': [
    `\nUsing share\n${compared('from child', 'child')}`,
    `\nUsing copy\n${compared('from parent', 'parent')}`,
    `\nUsing chain\n${compared('from parent', 'child')}`,
  ].join(''),
};

it.each(Object.entries(outputs))('print in %s what its Python model prints', (program, output) => {
  expect(run(program)).toBe(output);
});

it('list every program in the README with its output', () => {
  const readme = readFileSync(join(folder, 'README.md'), 'utf8');
  const sessions = readme.matchAll(/```console\n\$ node src\/(\S+)\n(.*?)```/gs);
  const listed = Array.from(sessions, ([_, program, output]) => [program, output]);
  expect(Object.fromEntries(listed)).toEqual(outputs);
  expect(readdirSync(join(folder, 'src')).sort()).toEqual(Object.keys(outputs).sort());
});
