import { pg } from '../src/clients/pg.ts';
import { testClient } from '../src/test-client.ts';

testClient(pg);
