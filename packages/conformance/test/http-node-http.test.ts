import { nodeHttpAdapters } from '../src/adapters/node-http.ts';
import { describeAdapters } from './support/describe-adapters.ts';

describeAdapters(nodeHttpAdapters);
