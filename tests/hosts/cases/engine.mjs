// engine.io's use(requestId()): before 6.6.5 its middlewares get a response that is no emitter.
// Arguments: package, transport.
import { createServer } from 'node:http';
import {
  ask,
  finish,
  holds,
  listen,
  loadLibrary,
  portOf,
  require,
  same,
  surviveUncaught,
  variant,
  waitFor,
} from './support/case.mjs';

const [name = '', transport = ''] = variant;
const library = await loadLibrary('node-http');
const { WebSocket } = require('ws');
const uncaught = surviveUncaught();

const server = createServer();
const engine = require(name).attach(server);
let connected = 0;
let within;
engine.use((library?.requestId ?? (() => (_req, _res, next) => next()))());
engine.use((req, _res, next) => {
  within = [req.id, library?.getRequestId()];
  next();
});
engine.on('connection', (socket) => {
  connected++;
  socket.close();
});
await listen(server);
const path = `/engine.io/?EIO=4&transport=${transport}`;
if (transport === 'websocket') {
  for (let round = 1; round <= 2; round++) {
    const socket = new WebSocket(`ws://127.0.0.1:${portOf(server)}${path}`, {
      headers: { 'X-Request-ID': 'myid' },
    });
    socket.on('error', () => {});
    await waitFor(() => connected >= round || uncaught.length > 0);
  }
} else {
  for (let round = 1; round <= 2; round++) {
    const { status, id } = await ask(server, { path, id: 'myid' });
    same(`status ${round}`, status);
    holds(`id of the response ${round}`, 'myid', id);
  }
}
same('connections', connected);
// engine.io 6.6.5 and later await each middleware: without attach(), the scope ends there.
const awaits = name === 'engine.io';
holds('ids in the middleware behind', ['myid', awaits ? null : 'myid'], within);
finish();
