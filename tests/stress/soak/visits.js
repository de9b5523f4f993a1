import { once } from 'node:events';
import { connect } from 'node:net';
import { Connection } from '../../kit/connection.js';
import { uuid } from '../../kit/uuid.js';

const invalid = ['not valid', 'x'.repeat(129), '{"id":1}', ''];

/**
 * One kind of request.
 *
 * @typedef {object} Kind
 * @property {string} line - The first line, without the version.
 * @property {'sent' | 'none' | 'invalid'} [id] - Which id is sent. Default: a valid one.
 * @property {number} [status] - The response's. Default: 200.
 * @property {string} [body]
 * @property {'body' | 'response'} [leaves] - Where the client leaves.
 */

/** @type {Record<string, Kind>} */
const kinds = {
  plain: { line: 'GET /plain' },
  withoutId: { line: 'GET /plain', id: 'none' },
  invalidId: { line: 'GET /plain', id: 'invalid' },
  thrown: { line: 'GET /throw', status: 500 },
  rejected: { line: 'GET /reject', id: 'none', status: 500 },
  posted: { line: 'POST /body', body: 'x'.repeat(2000) },
  forked: { line: 'GET /fork' },
  forkedWithoutId: { line: 'GET /fork', id: 'none' },
  emitted: { line: 'GET /emitter' },
  leftInBody: { line: 'POST /body', body: 'x'.repeat(2000), leaves: 'body' },
  leftInResponse: { line: 'GET /stream', leaves: 'response' },
};

/** The order of the kinds, repeated over and over. */
const order = [
  ...['plain', 'forked', 'withoutId', 'posted', 'thrown', 'plain', 'emitted', 'invalidId'],
  ...['leftInBody', 'plain', 'withoutId', 'forkedWithoutId', 'plain', 'rejected', 'invalidId'],
  ...['forked', 'withoutId', 'leftInResponse', 'posted', 'plain'],
];

/** @typedef {{ requests: number, errors: number, aborts: number, forks: number, problems: string[] }} Sent */

/** A client that keeps its connection, and opens another one only after it left. */
export class Visitor {
  #port;
  #sent;
  #fresh;
  /** @type {Connection | undefined} */
  #connection;

  /**
   * @param {number} port
   * @param {Sent} sent - The counts of all clients together.
   * @param {Set<string>} fresh - All fresh ids so far.
   */
  constructor(port, sent, fresh) {
    this.#port = port;
    this.#sent = sent;
    this.#fresh = fresh;
  }

  /** Sends request number `n`, and checks the response. @param {number} n */
  async visit(n) {
    const name = order[n % order.length] ?? '';
    const kind = /** @type {Kind} */ (kinds[name]);
    const id = idOf(kind, n);
    this.#sent.requests += 1;
    if (kind.status !== undefined) this.#sent.errors += 1;
    if (kind.line.endsWith('/fork')) this.#sent.forks += 1;
    if (kind.leaves !== undefined) {
      this.#sent.aborts += 1;
      return this.#leave(kind, bytesOf(kind, id));
    }
    this.#connection ??= await Connection.open(this.#port);
    const [response] = await this.#connection.send(bytesOf(kind, id), 1);
    const problem = this.#check(kind, id, response);
    if (problem !== undefined) this.#sent.problems.push(`request ${n}, ${name}: ${problem}`);
    if (this.#connection.isClosed) this.close();
  }

  close() {
    this.#connection?.close();
    this.#connection = undefined;
  }

  /**
   * Sends part of the body, or waits for part of the response. Then resets or closes the connection.
   *
   * @param {Kind} kind
   * @param {string} bytes
   */
  async #leave(kind, bytes) {
    this.close();
    const socket = connect(this.#port, '127.0.0.1');
    // A reset is expected.
    socket.on('error', () => {});
    await once(socket, 'connect');
    if (kind.leaves === 'body') {
      await new Promise((resolve) => socket.write(bytes.slice(0, -1000), resolve));
    } else {
      socket.write(bytes);
      await once(socket, 'data');
    }
    // Resets and closes in turn.
    if (this.#sent.aborts % 2 === 0) socket.resetAndDestroy();
    else socket.destroy();
  }

  /**
   * Returns what is wrong with a response, if anything.
   *
   * @param {Kind} kind
   * @param {string | undefined} id
   * @param {import('../../kit/read-response.js').Response | undefined} response
   */
  #check({ id: sent = 'sent', status = 200 }, id, response) {
    if (response === undefined) return 'no response';
    if (response.status !== status) return `status ${response.status}`;
    const [echo = '', ...more] = response.ids;
    if (more.length > 0) return `${response.ids.length} ids echoed`;
    if (status === 200 && response.body !== echo)
      return `${echo} echoed, ${response.body} in the body`;
    if (sent === 'sent') return echo === id ? undefined : `${echo}, not ${id}`;
    if (!uuid.test(echo) || this.#fresh.has(echo)) return `${echo} is not fresh`;
    this.#fresh.add(echo);
    return undefined;
  }
}

/** @param {Kind} kind @param {number} n */
function idOf({ id = 'sent' }, n) {
  if (id === 'none') return undefined;
  return id === 'sent' ? `soak-${n}` : invalid[Math.floor(n / order.length) % invalid.length];
}

/** @param {Kind} kind @param {string | undefined} id */
function bytesOf({ line, body }, id) {
  const lines = [`${line} HTTP/1.1`, 'Host: x'];
  if (id !== undefined) lines.push(`X-Request-ID: ${id}`);
  if (body !== undefined) lines.push(`Content-Length: ${body.length}`);
  return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`;
}
