// The orders: Koa. It asks the stock by axios.
import { createServer } from 'node:http';
import { requestId } from '@request-context/koa';
import { axiosInterceptor } from '@request-context/propagation/axios';
import axios from 'axios';
import Koa from 'koa';
import { createLogger } from './logger.js';
import { serveService } from './serve-service.js';

const { STOCK_URL = '' } = process.env;
const logger = createLogger('orders');
const stock = axios.create({ baseURL: STOCK_URL });
stock.interceptors.request.use(axiosInterceptor({ to: [STOCK_URL] }));

const app = new Koa();
app.use(requestId());
app.use(async (ctx) => {
  const order = decodeURIComponent(ctx.path.replace('/orders/', ''));
  logger.info({ order }, 'order accepted');
  const { data } = await stock.post('/reservations', { order });
  logger.info({ order }, 'stock reserved');
  ctx.body = data;
});

await serveService(createServer(app.callback()));
