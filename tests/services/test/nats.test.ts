import { nats, natsClassic } from '../src/clients/nats.ts';
import { testClient } from '../src/test-client.ts';

testClient(nats);
testClient(natsClassic);
