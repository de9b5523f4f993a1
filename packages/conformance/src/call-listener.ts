import { IncomingMessage, type RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/**
 * Passes a `GET` request to a listener without a server, on a socket without a peer. Returns the response as it would
 * be sent, head and body.
 */
export async function callListener(
  listener: RequestListener,
  path: string,
  id?: string,
): Promise<string> {
  let received = '';
  const socket = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      received += chunk;
      done();
    },
  }) as Socket;
  const req = new IncomingMessage(socket);
  const version = { httpVersion: '1.1', httpVersionMajor: 1, httpVersionMinor: 1 };
  Object.assign(req, { method: 'GET', url: path, ...version });
  if (id !== undefined) req.headers['x-request-id'] = id;
  req.push(null);
  const res = new ServerResponse(req);
  res.assignSocket(socket);
  const finished = new Promise((resolve) => res.once('finish', resolve));
  listener(req, res);
  await finished;
  return received;
}
