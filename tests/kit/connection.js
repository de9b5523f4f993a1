import { once } from 'node:events';
import { connect } from 'node:net';
import { readResponse } from './read-response.js';

/** A connection that sends requests one after the other, or several at once (pipelined). */
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
    socket.setEncoding('latin1').setNoDelay(true);
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

  /** Opens a connection to a port of the loopback. @param {number} port */
  static async open(port) {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new Connection(socket);
  }

  /**
   * Sends bytes. Returns the responses: `count` of them, or fewer if the server closes the connection.
   *
   * @param {string} bytes
   * @param {number} count
   */
  async send(bytes, count) {
    this.#socket.write(bytes, 'latin1');
    /** @type {import('./read-response.js').Response[]} */
    const responses = [];
    while (responses.length < count) {
      const response = readResponse(this.#received);
      if (response !== undefined && (response.isWhole ?? this.isClosed)) {
        responses.push(response);
        this.#received = response.rest;
      } else if (this.isClosed) break;
      else
        await new Promise((resolve) => {
          this.#wake = () => resolve(undefined);
        });
    }
    return responses;
  }

  close() {
    this.#socket.destroy();
  }
}
