// Runs the three examples side by side, until Ctrl-C:
//
//   npm start                  installs, builds, then Express on port 3001, Koa on 3002, Fastify on 3003
//   PORT=4001 npm start        the same on 4001, 4002 and 4003
//   npm start -- --no-setup    runs without installing or building
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import {
  isStopped,
  Problem,
  run,
  stopAll,
  stopOnError,
  stopOnSignals,
} from './child-processes.mjs';
import { build, install } from './install.mjs';

const host = '127.0.0.1';
const root = new URL('../', import.meta.url);
const examples = ['express-hello', 'koa-hello', 'fastify-hello'];

stopOnSignals(0);
main().catch(stopOnError);

async function main() {
  const firstPort = readPort(process.env.PORT || '3001');
  const servers = examples.map((name, index) => ({ name, port: firstPort + index }));
  // Before the install, which takes a while.
  for (const { port } of servers) await checkFree(port);

  if (!process.argv.includes('--no-setup')) {
    await install('start');
    await build();
  }

  await Promise.all(servers.map(serve));
  if (isStopped()) return;
  const urls = servers.map(({ port }) => `http://${host}:${port}/Manuel`);
  console.log(`
Three servers listen. Try, in another terminal:

${urls.map((url) => `  curl -i ${url}`).join('\n')}

${urls.map((url) => `  curl -i -H 'X-Request-ID: myid' ${url}`).join('\n')}

Their log lines appear here; Ctrl-C stops them.
`);
}

/** Returns the first port. Throws unless it leaves room for the others. @param {string} value */
function readPort(value) {
  const port = /^\d{1,5}$/.test(value) ? Number(value) : 0;
  const last = 65535 - (examples.length - 1);
  if (port >= 1 && port <= last) return port;
  throw new Problem(
    `PORT is the first of ${examples.length} ports in a row: a whole number from 1 to ${last}, not ${JSON.stringify(value)}.`,
  );
}

/** Throws unless a port can be listened on. @param {number} port */
async function checkFree(port) {
  const server = createServer().listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
    throw new Problem(
      code === 'EADDRINUSE'
        ? `Port ${port} on ${host} is taken. Stop what listens there, or set PORT to the first of ${examples.length} free ones.`
        : `Port ${port} on ${host} cannot be used: ${message}`,
    );
  }
  server.close();
  await once(server, 'close');
}

/**
 * Starts an example, shows what it logs, and waits until it listens.
 *
 * @param {{ name: string, port: number }} server
 */
async function serve({ name, port }) {
  if (isStopped()) return;
  const child = run(process.execPath, ['src/server.js'], {
    cwd: new URL(`examples/${name}/`, root),
    env: { ...process.env, PORT: String(port) },
  });
  child.stderr.pipe(process.stderr);
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => console.log(line));
  child.once('close', () => {
    if (isStopped()) return;
    console.error(`${name} has ended. Stopping the others.`);
    stopAll(1);
  });
  // Its first line says that it listens. If it cannot, it ends without one.
  await Promise.race([once(lines, 'line'), once(child, 'close')]);
}
