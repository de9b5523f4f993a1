import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';

const host = '127.0.0.1';
const names = ['express-hello', 'koa-hello', 'fastify-hello'];

const npm = ['npm', 'start', '--silent', '--'];
const node = [process.execPath, 'scripts/start.mjs'];

test.for([
  ['Ctrl-C', { command: npm, target: 'group', signal: 'SIGINT' }],
  // The shell between npm and the script passes no signal on, unless the script has replaced it.
  ['SIGTERM to npm alone', { command: npm, target: 'leader', signal: 'SIGTERM' }],
  ['SIGTERM to the script', { command: node, target: 'leader', signal: 'SIGTERM' }],
] as const)('run the three examples, and leave nothing running after %s', async ([, how]) => {
  const port = await findFreePorts();
  const { child, stdout, printed, ended } = start(String(port), how.command);
  await printed('Ctrl-C stops them.');
  for (const [index, name] of names.entries()) {
    const url = `http://${host}:${port + index}/Manuel`;
    expect(stdout()).toContain(`\n  curl -i ${url}\n`);
    expect(stdout()).toContain(`\n  curl -i -H 'X-Request-ID: myid' ${url}\n`);

    const id = `id-of-${name}`;
    const response = await fetch(url, { headers: { 'X-Request-ID': id } });
    expect(response.headers.get('X-Request-ID')).toBe(id);
    expect(await response.text()).toBe(`Hello, Manuel. Your request id is ${id}.\n`);
    await printed(`INFO ${name}.access ${id} | GET /Manuel 200 `);
    expect(stdout()).toMatch(new RegExp(`^\\S+Z WARN ${name} ${id} \\| First_call called$`, 'm'));
  }

  const pid = Number(child.pid);
  process.kill(how.target === 'group' ? -pid : pid, how.signal);
  const { exitCode, stderr } = await ended;
  expect(stderr).toBe('');
  // npm decides how it ends itself.
  if (how.command === node) expect(exitCode).toBe(0);
  await expect.poll(() => isGroupAlive(pid), { timeout: 5000 }).toBe(false);
  await Promise.all(names.map(async (_, index) => (await listen(port + index)).close()));
});

test.for([0, 1, 2])('name the port that is taken: number %i of the three', async (index) => {
  const port = await findFreePorts();
  const other = await listen(port + index);
  onTestFinished(() => void other.close());
  const { stdout, ended } = start(String(port), node);
  expect(await ended).toEqual({
    exitCode: 1,
    stderr: `Port ${port + index} on ${host} is taken. Stop what listens there, or set PORT to the first of 3 free ones.\n`,
  });
  expect(stdout()).toBe('');
});

test.for(['abc', '0', '-1', '3001.5', '65534', '70000'])('refuse PORT=%s', async (port) => {
  const { stdout, ended } = start(port, node);
  expect(await ended).toEqual({
    exitCode: 1,
    stderr: `PORT is the first of 3 ports in a row: a whole number from 1 to 65533, not "${port}".\n`,
  });
  expect(stdout()).toBe('');
});

/** Starts the examples without install and build, which would write what other tests read. */
function start(port: string, [command, ...args]: readonly string[]) {
  const child = spawn(String(command), [...args, '--no-setup'], {
    cwd: new URL('../..', import.meta.url),
    env: { ...process.env, PORT: port },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  const stderr = text(child.stderr);
  const ended = once(child, 'close').then(async ([exitCode]) => ({
    exitCode,
    stderr: withoutNpm(await stderr),
  }));
  onTestFinished(() => {
    // A failed test may leave some.
    if (isGroupAlive(child.pid)) process.kill(-Number(child.pid), 'SIGKILL');
  });

  async function printed(part: string): Promise<void> {
    while (!output.includes(part)) {
      const end = await Promise.race([once(child.stdout, 'data').then(() => undefined), ended]);
      if (end !== undefined) throw new Error(`It has ended. ${end.stderr}`);
    }
  }
  return { child, stdout: () => output, printed, ended };
}

function isGroupAlive(pid: number | undefined): boolean {
  try {
    return process.kill(-Number(pid), 0);
  } catch {
    return false;
  }
}

/** npm warns, for one, about its configuration. */
function withoutNpm(stderr: string): string {
  return stderr.replaceAll(/^npm .*\n/gm, '');
}

/** Returns the first of three free ports in a row, below the range that systems assign from. */
async function findFreePorts(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const servers = await Promise.allSettled([port, port + 1, port + 2].map(listen));
    const listening = servers.filter((result) => result.status === 'fulfilled');
    await Promise.all(listening.map(({ value }) => once(value.close(), 'close')));
    if (listening.length === servers.length) return port;
  }
}

async function listen(port: number): Promise<Server> {
  const server = createServer().listen(port, host);
  await once(server, 'listening');
  return server;
}
