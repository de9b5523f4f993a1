import { koaAdapters } from '../src/adapters/koa.ts';
import { describeAdapters } from './support/describe-adapters.ts';

describeAdapters(koaAdapters);
