// Responses that do not pass by writeHead(). Argument: which.
import { createServer } from 'node:http';
import http2 from 'node:http2';
import { fileURLToPath } from 'node:url';
import {
  finish,
  holds,
  listen,
  loadLibrary,
  once,
  portOf,
  same,
  sendRaw,
  variant,
} from './support/case.mjs';

const [what = '', how = ''] = variant;
const library = await loadLibrary('node-http');

function mount(create, listener) {
  if (library === undefined) return create(listener);
  if (how === 'withRequestId') return create(library.withRequestId(listener));
  const server = create(listener);
  library.attach(server);
  return server;
}

const cases = {
  async 'stream.respond()'() {
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
    const server = await listen(mount((each) => http2.createServer(each), listener));
    const session = http2.connect(`http://127.0.0.1:${portOf(server)}`);
    for (const path of ['/', '/respond', '/nothing', '/file']) {
      const stream = session.request({ ':path': path, 'x-request-id': 'myid' });
      const [headers] = await once(stream, 'response');
      stream.resume();
      same(`${path}: status, header`, [headers[':status'], headers['x-own'] ?? null]);
      holds(`${path}: id`, 'myid', headers['x-request-id']);
    }
  },
  async dropRequest() {
    /** @type {unknown[]} */
    const seen = [];
    const server = mount(
      (each) => createServer(each),
      (_req, res) => res.end('ok'),
    );
    server.maxRequestsPerSocket = 1;
    server.on('dropRequest', (req) => seen.push([req.id, library?.getRequestId()]));
    await listen(server);
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
await cases[what]();
finish();
