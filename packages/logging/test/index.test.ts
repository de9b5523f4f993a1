import { expect, it } from 'vitest';
import * as patchConsole from '../src/console.ts';
import * as root from '../src/index.ts';
import * as morgan from '../src/morgan.ts';
import * as pino from '../src/pino.ts';
import * as winston from '../src/winston.ts';

it('the entries export these names, and no other: each is a promise to its users', () => {
  const entries = { '.': root, console: patchConsole, morgan, pino, winston };
  const names = Object.entries(entries).map(([entry, names]) => [entry, Object.keys(names).sort()]);
  expect(Object.fromEntries(names)).toMatchInlineSnapshot(`
    {
      ".": [
        "escapeText",
        "requestFields",
      ],
      "console": [
        "patchConsole",
      ],
      "morgan": [
        "requestIdToken",
      ],
      "pino": [
        "requestContextMixin",
      ],
      "winston": [
        "requestContextFormat",
      ],
    }
  `);
});
