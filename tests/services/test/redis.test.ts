import { redis } from '../src/clients/redis.ts';
import { testClient } from '../src/test-client.ts';

testClient(redis);
