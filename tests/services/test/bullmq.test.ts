import { bullmq } from '../src/clients/bullmq.ts';
import { testClient } from '../src/test-client.ts';

testClient(bullmq);
