import { fastifyAdapters } from '../src/adapters/fastify.ts';
import { describeAdapters } from './support/describe-adapters.ts';

describeAdapters(fastifyAdapters);
