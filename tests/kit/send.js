import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

/**
 * @typedef {object} Answer
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
 * @returns {Promise<Answer>}
 */
export async function send(url, { id: sentId, body: sentBody, ...sent } = {}) {
  const headers = sentId === undefined ? sent.headers : { ...sent.headers, 'X-Request-ID': sentId };
  const outgoing = request(url, { ...sent, headers: { ...headers }, agent: false }).end(sentBody);
  /** @type {import('node:http').IncomingMessage[]} */
  const [incoming] = await once(outgoing, 'response');
  if (incoming === undefined) throw new Error('no response');
  // A reset after the response is not of interest.
  outgoing.on('error', () => {});
  const body = await text(incoming);
  const ids = incoming.headersDistinct['x-request-id'] ?? [];
  const id = ids.length === 1 ? String(ids[0]) : `${ids.length} ids: ${ids.join(' and ')}`;
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, ids, id, body };
}

/**
 * Sends bytes as they are. Returns all that the server sends until it closes the connection.
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
