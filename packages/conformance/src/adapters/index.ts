import type { Adapter } from '../types.ts';
import { expressAdapters } from './express.ts';
import { fastifyAdapters } from './fastify.ts';
import { koaAdapters } from './koa.ts';
import { nodeHttpAdapters } from './node-http.ts';

export const adapters: readonly Adapter[] = [
  ...nodeHttpAdapters,
  ...expressAdapters,
  ...koaAdapters,
  ...fastifyAdapters,
];
