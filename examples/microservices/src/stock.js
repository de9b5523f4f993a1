// The stock: Fastify. It puts a job into BullMQ's queue, which a worker takes later.
import { requestId } from '@request-context/fastify';
import { requestContextTelemetry } from '@request-context/propagation/bullmq';
import { Queue } from 'bullmq';
import fastify from 'fastify';
import { createLogger } from './logger.js';
import { report } from './serve-service.js';

const { QUEUE = '', REDIS_URL } = process.env;
const logger = createLogger('stock');
const queue =
  REDIS_URL === undefined
    ? undefined
    : new Queue(QUEUE, { connection: { url: REDIS_URL }, telemetry: requestContextTelemetry() });

const app = fastify();
app.register(requestId);
app.post('/reservations', async (request) => {
  const { order } = /** @type {{ order: string }} */ (request.body);
  logger.info({ order }, 'item reserved');
  if (queue === undefined) return { order, state: 'reserved' };
  await queue.add('ship', { order });
  logger.info({ order }, 'job added');
  return { order, state: 'shipping' };
});

const url = await app.listen({ port: 0, host: '127.0.0.1' });
report(url, async () => {
  // The queue has a name of this run alone.
  await queue?.obliterate({ force: true });
  await queue?.close();
});
