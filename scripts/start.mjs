// Runs the three examples side by side, until Ctrl-C:
//
//   npm start                  installs, builds, then Express on port 3001, Koa on 3002, Fastify on 3003
//   PORT=4001 npm start        the same on 4001, 4002 and 4003
//   npm start -- --no-setup    runs what is installed and built already
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';

const host = '127.0.0.1';
const root = new URL('../', import.meta.url);
const examples = ['express-hello', 'koa-hello', 'fastify-hello'];

/** What went wrong, in words for the one who ran this. */
class Problem extends Error {}

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */
/** @type {Set<ChildProcess>} */
const children = new Set();
/** Children that lead a process group of their own. @type {WeakSet<ChildProcess>} */
const leaders = new WeakSet();
let isStopping = false;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  // `on`, not `once`: of one Ctrl-C, npm passes on a second signal.
  process.on(signal, () => stop(0));
}
// Whoever read the output is gone, as in `npm start | head`.
process.stdout.on('error', () => stop(0));

main().catch((error) => {
  console.error(error instanceof Problem ? error.message : error);
  stop(1);
});

async function main() {
  const firstPort = readPort(process.env.PORT || '3001');
  const servers = examples.map((name, index) => ({ name, port: firstPort + index }));
  // Before the install, which takes a while.
  for (const { port } of servers) await checkFree(port);

  if (!process.argv.includes('--no-setup')) {
    await runScript('setup', 'Installing ...');
    await runScript('build', 'Building ...');
  }

  await Promise.all(servers.map(serve));
  if (isStopping) return;
  const urls = servers.map(({ port }) => `http://${host}:${port}/Manuel`);
  console.log(`
Three servers listen. Try, in another terminal:

${urls.map((url) => `  curl -i ${url}`).join('\n')}

${urls.map((url) => `  curl -i -H 'X-Request-ID: myid' ${url}`).join('\n')}

Their log lines appear here; Ctrl-C stops them.
`);
}

/** @param {string} value */
function readPort(value) {
  const port = /^\d{1,5}$/.test(value) ? Number(value) : 0;
  const last = 65535 - (examples.length - 1);
  if (port >= 1 && port <= last) return port;
  throw new Problem(
    `PORT is the first of ${examples.length} ports in a row: a whole number from 1 to ${last}, not ${JSON.stringify(value)}.`,
  );
}

/** @param {number} port */
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
 * Runs a script of package.json. What it prints is shown if it fails.
 *
 * @param {string} name
 * @param {string} announcement
 */
async function runScript(name, announcement) {
  if (isStopping) return;
  console.log(announcement);
  const isWindows = process.platform === 'win32';
  // There, npm is a script, which only a shell runs. Elsewhere the group is for stopping all that npm
  // starts: the shell in between does not pass a signal on.
  const child = run('npm', ['run', '--silent', name], { shell: isWindows, detached: !isWindows });
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const [exitCode] = await once(child, 'close');
  if (exitCode === 0 || isStopping) return;
  throw new Problem(`${(await output).join('')}\n\`npm run ${name}\` failed.`);
}

/**
 * Starts an example, shows what it logs, and waits until it listens.
 *
 * @param {{ name: string, port: number }} server
 */
async function serve({ name, port }) {
  if (isStopping) return;
  const child = run(process.execPath, ['src/server.js'], {
    cwd: new URL(`examples/${name}/`, root),
    env: { ...process.env, PORT: String(port) },
  });
  child.stderr.pipe(process.stderr);
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => console.log(line));
  child.once('close', () => {
    if (isStopping) return;
    console.error(`${name} has ended, so the others are stopped.`);
    stop(1);
  });
  // Its first line says that it listens; there is none if it cannot.
  await Promise.race([once(lines, 'line'), once(child, 'close')]);
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} options
 */
function run(command, args, options) {
  const child = spawn(command, args, { cwd: root, ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  if (options.detached) leaders.add(child);
  children.add(child);
  child.once('close', () => children.delete(child));
  return child;
}

/**
 * Stops what runs; the process ends when all of it has.
 *
 * @param {number} exitCode
 */
function stop(exitCode) {
  if (isStopping) return;
  isStopping = true;
  process.exitCode = exitCode;
  killAll('SIGTERM');
  setTimeout(killAll, 5000, 'SIGKILL').unref();
}

/** @param {NodeJS.Signals} signal */
function killAll(signal) {
  for (const child of children) {
    const pid = Number(child.pid);
    try {
      process.kill(leaders.has(child) ? -pid : pid, signal);
    } catch {
      // It has ended already.
    }
  }
}
