import { context } from '@request-context/core';
import { Redis } from 'ioredis';

// At the top of a module, where no request is handled.
const outside = context.snapshot();

export function connectOutside(url: string): Redis {
  return outside(() => new Redis(url));
}
