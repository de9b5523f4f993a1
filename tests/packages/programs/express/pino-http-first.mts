// pino-http declares `id: ReqId` on Node's IncomingMessage.

import { requestId } from '@request-context/express';
import express from 'express';
import { pinoHttp } from 'pino-http';

const app = express();
app.use(requestId());
app.use(pinoHttp({ genReqId: (req) => req.id }));
app.get('/', (req, res) => {
  const id: string = req.id;
  req.log.info(id);
  res.send(id);
});
