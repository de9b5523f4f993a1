import { connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { send, uuid } from '../../tests/kit/http.ts';
import { serve } from '../../tests/kit/serve.js';
import { shareExample, spawnExample, startExample } from './start-example.js';

const paths = [
  '/Jos%C3%A9',
  '/%3Cscript%3E',
  '/%25s%25j',
  '/%0D%1B[2K',
  '/%0A2026-11-22T15:00:43.303Z%20ERROR%20forged%20id%20|%20All%20is%20lost',
];

/**
 * Tests what all three examples have in common, on the process that `npm start` runs, over real HTTP.
 *
 * @param {string} name - The name of the example's folder and logger.
 */
export function describeHello(name) {
  const directory = fileURLToPath(new URL(`../${name}`, import.meta.url));

  describe(name, () => {
    const shared = shareExample(directory);

    test('adopt the id that was sent, in the body, the header and the log lines', async () => {
      const { url, stop } = await startExample(directory);
      const response = await fetch(`${url}/Manuel`, { headers: { 'X-Request-ID': 'myid' } });
      expect(response.status).toBe(200);
      expect(response.headers.get('Content-Type')).toBe('text/plain; charset=utf-8');
      expect(response.headers.get('X-Request-ID')).toBe('myid');
      expect(await response.text()).toBe('Hello, Manuel. Your request id is myid.\n');

      const { log } = await stop();
      expect(log).toEqual([
        { level: 'INFO', logger: name, id: '-', message: `Listening on ${url}` },
        ...helloLines('myid', '/Manuel'),
      ]);
    });

    test('generate an id when none was sent', async () => {
      const { url, takeLog } = shared();
      const first = await hello(url);
      const second = await hello(url);
      expect(first.id).toMatch(uuid);
      expect(second.id).toMatch(uuid);
      expect(second.id).not.toBe(first.id);

      const expected = [first, second].flatMap(({ id }) => helloLines(id, '/Manuel'));
      expect(await takeLog(expected.length)).toEqual(expected);
    });

    test('greet any name, and log the path as it was sent', async () => {
      const { url, takeLog } = shared();
      const expected = [];
      for (const path of paths) {
        const { id } = await hello(url, path);
        expected.push(...helloLines(id, path));
      }

      expect(await takeLog(expected.length)).toEqual(expected);
    });

    test("respond with the framework's 404, and write an access line", async () => {
      const { url, takeLog } = shared();
      for (const path of ['/', '/no/such/page']) {
        const response = await request(url + path, 'myid');
        expect(response.status).toBe(404);
        expect(response.headers['x-request-id']).toBe('myid');
      }

      expect(await takeLog(2)).toEqual([
        accessLine('myid', '/', 404),
        accessLine('myid', '/no/such/page', 404),
      ]);
    });

    test('respond with 500 when a handler throws, log the error on one line, and keep running', async () => {
      const { href } = new URL('break-first-timer.js', import.meta.url);
      const { url, stop } = await startExample(directory, { nodeOptions: ['--import', href] });
      const response = await request(`${url}/Manuel`, 'thrown');
      expect(response.status).toBe(500);
      expect(response.headers['x-request-id']).toBe('thrown');
      await hello(url, '/Manuel', 'myid');

      const { log, ...end } = await stop();
      expect(end).toEqual({ exitCode: 0, signal: null, stderr: '' });
      // The call beside the one that failed continues, so its line comes later.
      const [error, access, ...others] = log.slice(1).filter(({ id }) => id === 'thrown');
      expect(error).toMatchObject({ level: 'ERROR', logger: name });
      expect(error?.message).toMatch(/^Error: The timer is\\nout of order\\n {4}at /);
      expect(access).toEqual(accessLine('thrown', '/Manuel', 500));
      expect(others).toEqual(helloLines('thrown', '/Manuel').slice(0, 1));
      expect(log.filter(({ id }) => id === 'myid')).toEqual(helloLines('myid', '/Manuel'));
    });

    test('survive a client that resets the connection, and write an access line', async () => {
      const { url, logged, stop } = await startExample(directory);
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      socket.write('GET /Manuel HTTP/1.1\r\nHost: localhost\r\nX-Request-ID: reset\r\n\r\n');
      await logged(/First_call/);
      socket.resetAndDestroy();
      await hello(url, '/Manuel', 'myid');

      const { log, ...end } = await stop();
      expect(end).toEqual({ exitCode: 0, signal: null, stderr: '' });
      const isAccess = (/** @type {{ logger: string }} */ line) => line.logger.endsWith('.access');
      expect(
        log
          .filter(isAccess)
          .map(({ id }) => id)
          .sort(),
      ).toEqual(['myid', 'reset']);
      expect(log.filter(({ id }) => id === 'myid')).toEqual(helloLines('myid', '/Manuel'));
    });

    test('explain that its port is taken, and exit with 1', async () => {
      const { port, close } = await serve(createServer());
      const { exitCode, stderr, lines } = await spawnExample(directory, { port }).ended;
      await close();
      expect(exitCode).toBe(1);
      expect(stderr).toBe(
        `Port ${port} on 127.0.0.1 is taken. Stop what listens there, or set PORT to a free one.\n`,
      );
      expect(lines).toEqual([]);
    });

    test.for(/** @type {const} */ (['SIGINT', 'SIGTERM']))(
      'finish the current request on %s, and exit with 0',
      async (signal) => {
        const { url, logged, stop } = await startExample(directory);
        // Leaves an idle connection behind.
        await (await fetch(url)).text();
        const greeting = hello(url, '/Manuel', 'myid');
        await logged(/ myid \| First_call/);
        const { log, ...end } = await stop(signal);
        expect(end).toEqual({ exitCode: 0, signal: null, stderr: '' });
        expect((await greeting).id).toBe('myid');
        expect(log.filter(({ id }) => id === 'myid')).toEqual(helloLines('myid', '/Manuel'));
      },
    );
  });

  /**
   * Returns the lines that one greeting logs.
   *
   * @param {string} id
   * @param {string} path
   */
  function helloLines(id, path) {
    return [
      { level: 'WARN', logger: name, id, message: 'First_call called' },
      { level: 'ERROR', logger: name, id, message: 'Second_call called' },
      { level: 'INFO', logger: name, id, message: `Received new GET ${path} call` },
      accessLine(id, path, 200),
    ];
  }

  /**
   * @param {string} id
   * @param {string} path
   * @param {number} status
   */
  function accessLine(id, path, status) {
    const start = `GET ${path} ${status} `;
    const message = expect.toSatisfy(
      (/** @type {string} */ message) =>
        message.startsWith(start) && /^\d+ - \d+\.\d ms$/.test(message.slice(start.length)),
      `"${start}<length> - <time> ms"`,
    );
    return { level: 'INFO', logger: `${name}.access`, id, message };
  }
}

/**
 * Sends a greeting. Checks that the response's body and header hold one id, and returns it.
 *
 * @param {string} url
 * @param {string} [path]
 * @param {string} [sentId]
 */
async function hello(url, path = '/Manuel', sentId) {
  const { status, id, body } = await request(url + path, sentId);
  expect(status).toBe(200);
  expect(body).toBe(`Hello, ${decodeURIComponent(path.slice(1))}. Your request id is ${id}.\n`);
  return { id };
}

/** @param {string} url @param {string} [id] */
const request = (url, id) => send(url, { id });
