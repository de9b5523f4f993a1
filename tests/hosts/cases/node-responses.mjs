// Responses that Node sends without writeHead(). Argument: which.
import http2 from 'node:http2';
import { fileURLToPath } from 'node:url';
import {
  holds,
  loadLibrary,
  mount,
  once,
  portOf,
  runCase,
  same,
  sendRaw,
} from './support/case.mjs';

const cases = {
  async 'stream.respond()'(how) {
    const listener = (req, res) => {
      switch (req.url) {
        case '/respond':
          res.stream.respond({ ':status': 200, 'x-own': '1' });
          return res.stream.end('ok');
        case '/nothing':
          res.stream.respond();
          return res.stream.end('ok');
        case '/file':
          return res.stream.respondWithFile(fileURLToPath(import.meta.url), { ':status': 200 });
        default:
          return res.end('ok');
      }
    };
    const server = await mount(how, listener, { create: http2.createServer });
    const session = http2.connect(`http://127.0.0.1:${portOf(server)}`);
    for (const path of ['/', '/respond', '/nothing', '/file']) {
      const stream = session.request({ ':path': path, 'x-request-id': 'myid' });
      const [headers] = await once(stream, 'response');
      stream.resume();
      same(`${path}: status, header`, [headers[':status'], headers['x-own'] ?? null]);
      holds(`${path}: id`, 'myid', headers['x-request-id']);
    }
  },
  async dropRequest(how) {
    const library = await loadLibrary('node-http');
    /** @type {unknown[]} */
    const seen = [];
    const server = await mount(how, (_req, res) => res.end('ok'));
    server.maxRequestsPerSocket = 1;
    server.on('dropRequest', (req) => seen.push([req.id, library?.getRequestId()]));
    const head = (id) => `GET / HTTP/1.1\r\nHost: a\r\nX-Request-ID: ${id}\r\n\r\n`;
    const received = await sendRaw(server, head('one') + head('two'), (text) =>
      /HTTP\/1\.1 503[\s\S]*?\r\n\r\n/.test(text),
    );
    same('requests dropped', seen.length);
    const dropped = received.slice(received.indexOf('HTTP/1.1 503'));
    holds('id of the 503', 'two', /\r\nx-request-id: ?(\S+)/i.exec(dropped)?.[1]);
    holds("ids in a listener of 'dropRequest'", [['two', 'two']], seen);
  },
};
await runCase(cases);
