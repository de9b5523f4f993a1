import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';

/**
 * Returns a proxy that opens tunnels for CONNECT, and forwards requests in absolute form.
 *
 * @param onRequest - Called with each request that the proxy gets, CONNECT included.
 */
export function createForwardingProxy(onRequest: (req: IncomingMessage) => void): Server {
  const server = createServer((req, res) => {
    onRequest(req);
    const { method, headers, url = '' } = req;
    const forwarded = request(url, { method, headers, agent: false, family: 4 } as object);
    forwarded.on('response', (incoming) => {
      res.writeHead(incoming.statusCode ?? 502, incoming.headers);
      incoming.pipe(res);
    });
    forwarded.on('error', () => res.destroy());
    req.pipe(forwarded);
  });
  server.on('connect', (req: IncomingMessage, socket: Socket, head: Buffer) => {
    onRequest(req);
    const port = Number(req.url?.split(':')[1]);
    if (Number.isNaN(port)) return void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    const target = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      target.write(head);
      target.pipe(socket).pipe(target);
    });
    target.on('error', () => socket.destroy());
    socket.on('error', () => target.destroy());
  });
  return server;
}
