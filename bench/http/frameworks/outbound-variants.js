import { createServer } from 'node:http';
import { getRequestId, withRequestId } from '@request-context/node-http';
import { instrumentOutbound } from '@request-context/propagation/http';
import { Child } from '../../../tests/kit/child.js';
import { listen } from './listen.js';

/**
 * Calls the upstream server. Returns the text that it responds with.
 *
 * @typedef {(url: string, headers: Record<string, string>) => Promise<string>} Call
 */

const none = () => ({});
const byHand = () => ({ 'X-Request-ID': `${getRequestId()}` });

/**
 * Returns the variants of a server whose handler calls another one. `bare` has the id, and does not send it. `naive`
 * writes the header at the call.
 *
 * @param {Call} call
 * @returns {import('../variants.js').Variants}
 */
export function outboundVariants(call) {
  /**
   * @param {() => Record<string, string>} headersOf
   * @param {(url: string) => unknown} [prepare]
   */
  async function serve(headersOf, prepare) {
    const url = await new Child(new URL('../upstream.js', import.meta.url)).reply();
    prepare?.(url);
    const listener = withRequestId(async (_req, res) => {
      const text = await call(url, headersOf());
      res.setHeader('Content-Type', 'text/plain');
      res.end(text);
    });
    return listen(createServer(listener));
  }
  return {
    bare: () => serve(none),
    naive: () => serve(byHand),
    'naive, again': () => serve(byHand),
    instrumentOutbound: () => serve(none, (url) => instrumentOutbound({ to: [url] })),
  };
}
