import type { FrameworkAdapter } from '../framework-scenario.ts';
import { expressAdapters } from './express-adapters.ts';
import { fastifyAdapters } from './fastify-adapters.ts';
import { koaAdapters } from './koa-adapters.ts';
import { nodeHttpAdapters } from './node-http-adapters.ts';

export const adapters: readonly FrameworkAdapter[] = [
  ...nodeHttpAdapters,
  ...expressAdapters,
  ...koaAdapters,
  ...fastifyAdapters,
];
