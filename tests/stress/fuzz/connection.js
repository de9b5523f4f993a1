import { once } from 'node:events';
import { connect } from 'node:net';

/**
 * What came back for one request.
 *
 * @typedef {object} Answer
 * @property {number} status
 * @property {string} head - Of the answer, one character a byte.
 * @property {string} body
 */

/** A connection that requests are sent on one after the other, or several at once (pipelined). */
export class Connection {
  /** @type {import('node:net').Socket} */
  #socket;
  #received = '';
  /** @type {() => void} */
  #wake = () => {};
  isClosed = false;

  /** @param {import('node:net').Socket} socket */
  constructor(socket) {
    this.#socket = socket;
    socket.setEncoding('latin1');
    socket.setNoDelay(true);
    socket.on('data', (chunk) => {
      this.#received += chunk;
      this.#wake();
    });
    // A reset is one of the ways in which a server refuses a request.
    socket.on('error', () => {});
    socket.on('close', () => {
      this.isClosed = true;
      this.#wake();
    });
  }

  /** @param {number} port */
  static async open(port) {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new Connection(socket);
  }

  /**
   * Sends bytes, and gives the answers that come: `count` of them, or fewer if the server closes.
   *
   * @param {string} bytes
   * @param {number} count
   * @returns {Promise<Answer[]>}
   */
  async exchange(bytes, count) {
    this.#socket.write(bytes, 'latin1');
    /** @type {Answer[]} */
    const answers = [];
    while (answers.length < count) {
      const answer = this.#take();
      if (answer !== undefined) answers.push(answer);
      else if (this.isClosed) break;
      else
        await new Promise((resolve) => {
          this.#wake = () => resolve(undefined);
        });
    }
    return answers;
  }

  close() {
    this.#socket.destroy();
  }

  /** @returns {Answer | undefined} */
  #take() {
    const headEnd = this.#received.indexOf('\r\n\r\n');
    if (headEnd < 0) return undefined;
    const head = this.#received.slice(0, headEnd + 2);
    const length = Number(/\r\ncontent-length: (\d+)\r\n/i.exec(head)?.[1] ?? 0);
    const end = headEnd + 4 + length;
    if (this.#received.length < end) return undefined;
    const body = this.#received.slice(headEnd + 4, end);
    this.#received = this.#received.slice(end);
    return { status: Number(head.slice(9, 12)), head, body };
  }
}
