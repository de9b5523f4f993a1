import http from 'node:http';
import { connect } from 'node:net';

/**
 * @typedef {object} HttpResponse
 * @property {number} status
 * @property {import('node:http').IncomingHttpHeaders} headers
 * @property {string[]} ids - All values of X-Request-ID, one for each line in the head.
 * @property {string} id - The only value of X-Request-ID, or what is wrong with it.
 * @property {string} body
 *
 * @typedef {object} Sent
 * @property {string} [method]
 * @property {string | string[] | undefined} [id]
 * @property {Record<string, string | string[]>} [headers]
 * @property {string} [body]
 */

/**
 * Sends a request on its own connection. Does not follow redirects.
 *
 * @param {string} url
 * @param {Sent} [sent]
 * @returns {Promise<HttpResponse>}
 */
export function send(url, { id: sentId, body: sentBody, ...sent } = {}) {
  const headers = sentId === undefined ? sent.headers : { ...sent.headers, 'X-Request-ID': sentId };
  return new Promise((resolve, reject) => {
    // Looked up at each call: a tracer may have replaced it.
    const outgoing = http.request(url, { ...sent, headers: { ...headers }, agent: false });
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      let body = '';
      incoming.setEncoding('utf8').on('data', (chunk) => {
        body += chunk;
      });
      incoming.on('error', reject);
      incoming.on('end', () => {
        const { statusCode: status = 0, headers } = incoming;
        const ids = incoming.headersDistinct['x-request-id'] ?? [];
        const id = ids.length === 1 ? String(ids[0]) : `${ids.length} ids: ${ids.join(' and ')}`;
        resolve({ status, headers, ids, id, body });
      });
    });
    outgoing.end(sentBody);
  });
}

/**
 * Sends bytes unchanged. Returns all that the server sends until it closes the connection.
 *
 * @param {string} url
 * @param {string | Buffer} bytes
 */
export async function sendRaw(url, bytes) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  return Buffer.concat(await socket.toArray()).toString('latin1');
}
