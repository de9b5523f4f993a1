import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const survive = fileURLToPath(new URL('./support/survive-errors.js', import.meta.url));
const end = fileURLToPath(new URL('./support/end-by-error.js', import.meta.url));

// Node 26 added it.
const canAdd = 'addUncaughtExceptionCaptureCallback' in process;
// Earlier versions have left the context of a microtask when they report its error.
const keepsMicrotasks = Number(process.versions.node.split('.')[0]) >= 24;

describe('an error that the process survives', () => {
  const ways = ['listener', 'capture', 'domain', ...(canAdd ? ['added'] : [])];
  it.each(ways)('show its scopes to the handler, and to nothing that runs later: %s', (way) => {
    const output = execFileSync(process.execPath, [survive, way], {
      encoding: 'utf8',
    });
    const right = { handlers: ['myid first'], sockets: ['none none'] };
    const microtask = keepsMicrotasks ? right : { ...right, handlers: ['none none'] };
    expect(JSON.parse(output)).toEqual({
      seen: {
        tick: right,
        timer: right,
        immediate: right,
        socket: right,
        ...(way !== 'domain' && { microtask, rejection: right }),
      },
      ticks: ['interval none', 'interval none', 'interval none'],
      added: 0,
    });
  });
});

describe('an error that ends the process', () => {
  const ways: [string, number][] = [
    ['nothing', 1],
    ['a listener that is removed', 1],
    ['a listener that throws', 7],
    ['a capture callback that is removed', 1],
    ...(canAdd ? [['an added callback that handles no more errors', 1] as [string, number]] : []),
  ];
  it.each(ways)('end it as without the library, given %s', (how, code) => {
    for (const library of ['without', 'with']) {
      const { status, stderr } = spawnSync(process.execPath, [end, how, library], {
        encoding: 'utf8',
      });
      expect(stderr, library).toMatch(/Error: (first|second|of the listener)/);
      expect(status, library).toBe(code);
    }
  });
});
