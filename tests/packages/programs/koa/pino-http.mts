// pino-http declares `id: ReqId` on Node's IncomingMessage; Koa has that request as ctx.req.

import { requestId } from '@request-context/koa';
import Koa from 'koa';
import { pinoHttp } from 'pino-http';

const app = new Koa();
const log = pinoHttp({ genReqId: (req) => req.id });
app.use(requestId());
app.use((ctx) => {
  const id: string = ctx.req.id;
  log(ctx.req, ctx.res);
  ctx.req.log.info(id);
});
