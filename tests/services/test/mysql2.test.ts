import { mysql2 } from '../src/clients/mysql2.ts';
import { testClient } from '../src/test-client.ts';

testClient(mysql2);
