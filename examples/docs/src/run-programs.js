// Runs the given programs one after the other. If a program listens, its server gets a free port and one request with
// the id `myid`; the response is printed. A line `---` ends each program's output.
import { once } from 'node:events';
import { Server } from 'node:net';
import { pathToFileURL } from 'node:url';

const { listen } = Server.prototype;

/** @type {Promise<void> | undefined} */
let served;

/** @type {(this: Server, ...args: unknown[]) => any} */
function listenOnFreePort(...args) {
  // Fastify listens with a second server, for IPv6.
  served ??= once(this, 'listening').then(() => serve(this));
  const callbacks = args.filter((argument) => typeof argument === 'function');
  return Reflect.apply(listen, this, [{ host: '127.0.0.1', port: 0 }, ...callbacks]);
}

/** @param {Server} server */
async function serve(server) {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const headers = { 'X-Request-ID': 'myid' };
  const response = await fetch(`http://127.0.0.1:${port}/`, { headers });
  const id = response.headers.get('X-Request-ID');
  console.log(`${response.status} ${id} ${await response.text()}`);
}

Server.prototype.listen = listenOnFreePort;
for (const file of process.argv.slice(2)) {
  served = undefined;
  await import(pathToFileURL(file).href);
  await served;
  console.log('---');
}
process.exit();
