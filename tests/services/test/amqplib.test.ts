import { amqplib } from '../src/clients/amqplib.ts';
import { amqplibCallbacks } from '../src/clients/amqplib-callbacks.ts';
import { testClient } from '../src/test-client.ts';

testClient(amqplib);
testClient(amqplibCallbacks);
