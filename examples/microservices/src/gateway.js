// The gateway: Express. It takes orders from the outside, and passes them on by fetch.
import { createServer } from 'node:http';
import { requestId } from '@request-context/express';
import { propagatingFetch } from '@request-context/propagation/fetch';
import express from 'express';
import { createLogger } from './logger.js';
import { serveService } from './serve-service.js';

const { ORDERS_URL = '' } = process.env;
const logger = createLogger('gateway');
const fetchOrders = propagatingFetch({ to: [ORDERS_URL] });

const app = express();
app.use(requestId());
app.post('/orders/:order', async (req, res) => {
  const { order } = req.params;
  logger.info({ order }, `POST ${req.originalUrl}`);
  const response = await fetchOrders(`${ORDERS_URL}/orders/${encodeURIComponent(order)}`, {
    method: 'POST',
  });
  res.status(response.status).json(await response.json());
  logger.info({ order }, `responded with ${response.status}`);
});

await serveService(createServer(app));
