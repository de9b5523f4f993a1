import { Agent, createServer, get } from 'node:http';
import { getRequestId, withRequestId } from '@request-context/node-http';
import { instrumentOutbound } from '@request-context/propagation/http';
import { Child } from '../../../tests/kit/child.js';
import { listen } from './listen.js';

export const title = 'An outbound call by node:http';

/**
 * Starts the upstream server, and one whose handler calls it and responds with what it responds.
 *
 * @param {(url: string) => void} prepare
 * @param {() => import('node:http').OutgoingHttpHeaders} headersOf The headers that the handler sends.
 */
async function serve(prepare, headersOf) {
  const url = await new Child(new URL('../upstream.js', import.meta.url)).reply();
  prepare(url);
  const agent = new Agent({ keepAlive: true });
  const listener = withRequestId((_req, res) => {
    get(url, { agent, headers: headersOf() }, (incoming) => {
      let body = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (chunk) => {
        body += chunk;
      });
      incoming.on('end', () => {
        res.setHeader('Content-Type', 'text/plain');
        res.end(body);
      });
    }).on('error', () => res.destroy());
  });
  return listen(createServer(listener));
}

const byHand = () =>
  serve(
    () => {},
    () => ({ 'X-Request-ID': getRequestId() }),
  );
const none = () => ({});

/**
 * `bare` has the id, and does not send it. `naive` writes the header at the call.
 *
 * @type {import('../variants.js').Variants}
 */
export const variants = {
  bare: () => serve(() => {}, none),
  naive: byHand,
  'naive, again': byHand,
  instrumentOutbound: () => serve((url) => void instrumentOutbound({ to: [url] }), none),
};
