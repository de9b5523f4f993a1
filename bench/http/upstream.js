// The server that the variants of frameworks/outbound.js call, in a process that does not count as theirs. Responds with
// the id that it received.
import { createServer } from 'node:http';
import { listen } from './frameworks/listen.js';

/** As long as an id, so that the responses of all variants are equally long. */
const noId = '-'.repeat(36);

const server = await listen(
  createServer((req, res) => {
    res.setHeader('Content-Type', 'text/plain');
    res.end(req.headers['x-request-id'] ?? noId);
  }),
);
// Each variant pauses while the others run.
server.keepAliveTimeout = 0;
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
process.on('disconnect', () => process.exit());
process.send?.(`http://127.0.0.1:${port}/`);
