import { ioredis } from '../src/clients/ioredis.ts';
import { testClient } from '../src/test-client.ts';

testClient(ioredis);
