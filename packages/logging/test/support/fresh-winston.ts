import { createRequire } from 'node:module';
import type winston from 'winston';

const require = createRequire(import.meta.url);

/** Loads another copy of winston, with separate classes. */
export function freshWinston(name = 'winston'): typeof winston {
  const isWinston = (file: string): boolean => file.includes('/node_modules/winston/');
  const cached = Object.keys(require.cache).filter(isWinston);
  const before = cached.map((file) => [file, require.cache[file]] as const);
  for (const file of cached) delete require.cache[file];
  try {
    return require(name);
  } finally {
    for (const file of Object.keys(require.cache).filter(isWinston)) delete require.cache[file];
    for (const [file, module] of before) require.cache[file] = module;
  }
}
