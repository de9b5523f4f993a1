import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { serve } from '../../kit/serve.js';

/** A connection outside of all requests. Its events must see no request's id. */
export class Probe {
  #server;
  #client;
  #recorder;

  /**
   * @param {import('node:net').Server} server
   * @param {import('node:net').Socket} client
   * @param {import('./recorder.js').Recorder} recorder
   */
  constructor(server, client, recorder) {
    this.#server = server;
    this.#client = client;
    this.#recorder = recorder;
    client.on('data', () => recorder.note(undefined, 'probe', 'data'));
    client.on('error', () => {});
  }

  /** @param {import('./recorder.js').Recorder} recorder */
  static async open(recorder) {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.pipe(socket);
    });
    const { port } = await serve(server);
    const client = connect(port, '127.0.0.1');
    await once(client, 'connect');
    return new Probe(server, client, recorder);
  }

  /** Makes the connection emit an event. */
  async ping() {
    if (this.#client.destroyed) return;
    this.#client.write('x');
    await once(this.#client, 'data');
  }

  async close() {
    this.#client.end();
    await new Promise((resolve) => this.#server.close(resolve));
    this.#recorder.activity += 1;
  }
}
