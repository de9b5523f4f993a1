import { describeGroup } from './support/describe-group.ts';

await describeGroup('clients');
