import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('./support/throw-in-scope.js', import.meta.url));

describe('an error that nobody catches', () => {
  it('ends the process, where no listener says otherwise', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr).toContain('Error: on purpose');
    expect(stdout).toBe('');
  });

  const survivals: [string, string[]][] = [
    ['listener', ['listener myid first', 'afterwards none none', 'later none none', 'listeners 1']],
    ['capture callback', ['captured myid first', 'later none none', 'listeners 1']],
  ];
  it.each(survivals)(
    'is seen in its scopes by a %s; what goes on afterwards is outside of them',
    (reaction, lines) => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [script, reaction], {
        encoding: 'utf8',
      });
      expect(stderr).toBe('');
      expect(stdout.trim().split('\n')).toEqual(lines);
      expect(status).toBe(0);
    },
  );
});
