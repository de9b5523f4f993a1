import { expressAdapters } from '../src/adapters/express.ts';
import { describeAdapters } from './support/describe-adapters.ts';

describeAdapters(expressAdapters);
