import { drizzleOrm } from '../src/clients/drizzle-orm.ts';
import { testClient } from '../src/test-client.ts';

testClient(drizzleOrm);
