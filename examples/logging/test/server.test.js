import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { uuid } from '../../../tests/kit/uuid.js';
import { spawnExample } from '../../support/start-example.js';

const directory = fileURLToPath(new URL('..', import.meta.url));

/**
 * Runs the example. `stop()` returns the parsed lines that it wrote.
 *
 * @param {{ nodeOptions?: string[] }} [options]
 */
async function start(options) {
  const { child, logged, ended } = spawnExample(directory, options);
  const { msg } = JSON.parse(await logged(/Listening on/));
  async function stop() {
    child.kill('SIGINT');
    const { lines, ...end } = await ended;
    expect(end).toEqual({ exitCode: 0, signal: null, stderr: '' });
    const log = lines.map((line) => JSON.parse(line));
    for (const { time } of log) expect(new Date(time).toISOString()).toBe(time);
    // No line may hold a name twice, because parsers keep the last value.
    for (const line of lines) expect(line.split('"request_id"').length).toBeLessThan(3);
    return log.map(({ time, ...rest }) => rest);
  }
  return { url: String(msg).replace('Listening on ', ''), logged, stop };
}

/**
 * Returns the lines that one greeting logs.
 *
 * @param {string} request_id
 * @param {string} url
 */
function helloLines(request_id, url) {
  const line = { name: 'logging', request_id };
  return [
    { level: 40, ...line, msg: 'First_call called' },
    { level: 50, ...line, msg: 'Second_call called' },
    { level: 30, ...line, msg: `Received new GET ${url} call` },
    accessLine(request_id, url, 200, 'request completed'),
  ];
}

/** @param {string} request_id @param {string} url @param {number | null} statusCode @param {string} msg */
function accessLine(request_id, url, statusCode, msg) {
  return {
    level: 30,
    name: 'logging.access',
    request_id,
    req: { method: 'GET', url },
    res: { statusCode },
    responseTime: expect.any(Number),
    msg,
  };
}

/** @param {string} url @param {string} [id] */
async function hello(url, id) {
  const response = await fetch(url, id === undefined ? {} : { headers: { 'X-Request-ID': id } });
  const echoed = String(response.headers.get('X-Request-ID'));
  expect(await response.text()).toMatch(`Your request id is ${echoed}.`);
  return echoed;
}

describe('logging, JSON lines', () => {
  test('log the id on every line of a request, and on no line outside of requests', async () => {
    const { url, stop } = await start();
    expect(await hello(`${url}/Manuel`, 'myid')).toBe('myid');
    const id = await hello(`${url}/Manuel`);
    expect(id).toMatch(uuid);
    expect(await stop()).toEqual([
      { level: 30, name: 'logging', msg: `Listening on ${url}` },
      ...helloLines('myid', '/Manuel'),
      ...helloLines(id, '/Manuel'),
    ]);
  });

  test('write one line for each call, even if the name holds line breaks and JSON', async () => {
    const { url, stop } = await start();
    const path = '/%0A%7B%22level%22:60,%22msg%22:%22forged%22%7D';
    await hello(url + path, 'myid');
    expect((await stop()).slice(1)).toEqual(helloLines('myid', path));
  });

  test('write an access line with the id when the client resets the connection', async () => {
    const { href } = new URL('../../support/outlast-client.js', import.meta.url);
    const { url, logged, stop } = await start({ nodeOptions: ['--import', href] });
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('GET /Manuel HTTP/1.1\r\nHost: localhost\r\nX-Request-ID: reset\r\n\r\n');
    await logged(/First_call/);
    socket.resetAndDestroy();
    await logged(/request aborted/);
    const log = await stop();
    expect(log).toContainEqual(accessLine('reset', '/Manuel', null, 'request aborted'));
    expect(log.slice(1).filter(({ request_id }) => request_id !== 'reset')).toEqual([]);
  });
});
