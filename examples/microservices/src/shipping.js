// The shipping: a worker of BullMQ. It handles each job with the id of the request that added it, and publishes to NATS.
import { connect, headers } from '@nats-io/transport-node';
import { requestContextTelemetry } from '@request-context/propagation/bullmq';
import { messageHeaders } from '@request-context/propagation/nats';
import { Worker } from 'bullmq';
import { createLogger } from './logger.js';
import { report } from './serve-service.js';

const { QUEUE = '', REDIS_URL = '', NATS_URL } = process.env;
const logger = createLogger('shipping');
const nats = NATS_URL === undefined ? undefined : await connect({ servers: NATS_URL });

const worker = new Worker(
  QUEUE,
  async ({ data: { order } }) => {
    logger.info({ order }, 'parcel sent');
    nats?.publish(QUEUE, JSON.stringify({ order }), { headers: messageHeaders(headers()) });
  },
  {
    connection: { url: REDIS_URL },
    concurrency: 20,
    telemetry: requestContextTelemetry(),
  },
);
await worker.waitUntilReady();

report('', async () => {
  await worker.close();
  await nats?.close();
});
