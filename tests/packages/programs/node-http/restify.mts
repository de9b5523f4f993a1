// In restify, req.id is a method.
import { requestId } from '@request-context/node-http';
import { createServer } from 'restify';

const server = createServer();
server.pre(requestId());
server.use(requestId({ trust: 'loopback' }));
server.get('/', (req, res, next) => {
  const id: string = req.id();
  res.send(id);
  next();
});
