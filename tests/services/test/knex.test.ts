import { knex } from '../src/clients/knex.ts';
import { testClient } from '../src/test-client.ts';

testClient(knex);
