import { request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { context, getRequestId } from '@request-context/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ProbedRoute } from '../../packages/conformance/src/engine.ts';
import type { Adapter, Setup } from '../../packages/conformance/src/index.ts';
import { send, sendRaw, uuid } from '../kit/http.ts';
import { adapters } from '../runtimes/src/adapters/index.ts';

type Routes = Readonly<Record<string, ProbedRoute>>;

async function start(adapter: Adapter, routes: Routes, setup?: Setup): Promise<string> {
  const { url, close } = await adapter.start(routes as never, setup ?? {});
  onTestFinished(close);
  return url;
}

const all = adapters.map((adapter) => [adapter.name, adapter] as const);

describe.each(all)('%s', (_name, adapter) => {
  /** Answers with all that a request knows of its id. */
  const routes: Routes = {
    'GET /': (x) => x.send({ body: JSON.stringify({ ...context.toObject(), reqId: x.req.id }) }),
  };

  it('adopts a fit id: in the context, as req.id and in the answer', async () => {
    const answer = await send(await start(adapter, routes), { id: 'myid' });
    expect(answer.id).toBe('myid');
    expect(JSON.parse(answer.body)).toEqual({ requestId: 'myid', reqId: 'myid' });
  });

  it('makes an id when none was sent', async () => {
    const answer = await send(await start(adapter, routes));
    expect(answer.id).toMatch(uuid);
    expect(JSON.parse(answer.body)).toEqual({ requestId: answer.id, reqId: answer.id });
  });

  it.each<[what: string, id: string | string[], rejected: string]>([
    ['5 KB', 'x'.repeat(5120), 'x'.repeat(128)],
    ['latin-1', 'caf\xe9', 'caf%E9'],
    ['quotes', `"a'`, '%22a%27'],
    ['markup', '<script>', '%3Cscript%3E'],
    ['a comma', 'a,b', 'a%2Cb'],
    ['a tab', 'a\tb', 'a%09b'],
    ['a header sent twice', ['a', 'b'], 'a%2C%20b'],
    ['nothing', '', ''],
    ['blanks', '   ', ''],
  ])('replaces %s, and keeps it as rejected', async (_what, id, rejectedRequestId) => {
    const answer = await send(await start(adapter, routes), { id });
    expect(answer.id).toMatch(uuid);
    expect(JSON.parse(answer.body)).toEqual({
      requestId: answer.id,
      reqId: answer.id,
      rejectedRequestId,
    });
  });

  it('is not reached by control bytes: the parser refuses them, and the next request is served', async () => {
    const url = await start(adapter, routes);
    for (const byte of ['\0', '\x01', '\x1b', '\x7f']) {
      const answer = await sendRaw(
        url,
        `GET / HTTP/1.1\r\nHost: x\r\nX-Request-ID: a${byte}b\r\n\r\n`,
      );
      expect(answer).toMatch(/^HTTP\/1.1 400 /);
    }
    expect((await send(url, { id: 'next' })).id).toBe('next');
  });

  it('counts a header that was sent twice as invalid, though `validate` would take its values', async () => {
    const url = await start(adapter, routes, { options: { validate: () => true } });
    expect((await send(url, { id: 'a, b' })).id).toBe('a, b');
    expect((await send(url, { id: ['a', 'b'] })).id).toMatch(uuid);
  });

  it('lets others see the header before the head is written', async () => {
    const seen: unknown[] = [];
    const url = await start(adapter, {
      'GET /': (x) => {
        seen.push(x.res.getHeader('X-Request-ID'));
        x.send();
      },
    });
    await send(url, { id: 'myid' });
    expect(seen).toEqual(['myid']);
  });

  it('keeps headers that are given to writeHead several times', async () => {
    const url = await start(adapter, {
      'GET /': (x) =>
        void x.takeOver().writeHead(200, ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2']).end(),
    });
    const answer = await send(url, { id: 'myid' });
    expect(answer.headers['set-cookie']).toEqual(['a=1', 'b=2']);
    expect(answer.id).toBe('myid');
  });

  it('adopts no id of a peer that is not trusted', async () => {
    const url = await start(adapter, routes, { options: { trust: '192.0.2.1' } });
    const answer = await send(url, { id: 'myid', headers: { 'X-Forwarded-For': '192.0.2.1' } });
    expect(answer.id).toMatch(uuid);
    expect(JSON.parse(answer.body)).toMatchObject({ rejectedRequestId: 'myid' });
  });

  it('reads and echoes the header that was named, and further ones in order', async () => {
    const options = { header: 'X-Correlation-ID', inbound: ['X-Request-ID'] };
    const url = await start(adapter, routes, { options });
    const answer = await send(url, { id: 'myid' });
    expect(answer.headers).toMatchObject({ 'x-correlation-id': 'myid' });
    expect(answer.ids).toEqual([]);
  });

  it('does not echo when told not to', async () => {
    const url = await start(adapter, routes, { options: { echo: false } });
    const answer = await send(url, { id: 'myid' });
    expect(answer.ids).toEqual([]);
    expect(JSON.parse(answer.body)).toMatchObject({ requestId: 'myid' });
  });

  it.each([
    [undefined, 'X-Request-ID'],
    ['ETag', 'ETag, X-Request-ID'],
    ['x-request-id,ETag', 'x-request-id, ETag'],
  ])('exposes the header beside %s', async (exposed, expected) => {
    const headers = exposed === undefined ? {} : { 'Access-Control-Expose-Headers': exposed };
    const url = await start(
      adapter,
      { 'GET /': (x) => x.send({ headers }) },
      { options: { exposeHeader: true } },
    );
    const answer = await send(url);
    expect(answer.headers['access-control-expose-headers']).toBe(expected);
  });

  it('starts the context with more values, given the request', async () => {
    const values = (incoming: unknown): object => ({
      agent: (incoming as { headers: Record<string, string> }).headers['user-agent'],
      requestId: 'not this way',
    });
    const url = await start(adapter, routes, { options: { values } });
    const answer = await send(url, { id: 'myid', headers: { 'User-Agent': 'tester' } });
    expect(JSON.parse(answer.body)).toEqual({ requestId: 'myid', reqId: 'myid', agent: 'tester' });
  });

  it.each([
    ['that throws', () => fail('no id today')],
    ['that returns no id', () => ''],
  ])('answers 500 with an id for a generate %s', async (_what, generate) => {
    const url = await start(adapter, routes, { options: { generate } });
    const answer = await send(url);
    expect(answer).toMatchObject({ status: 500, id: expect.stringMatching(uuid) });
    expect((await send(url, { id: 'next' })).status).toBe(200);
  });

  it('answers 400 with a fresh id for an invalid one when told to reject', async () => {
    const url = await start(adapter, routes, { options: { onInvalid: 'reject' } });
    const answer = await send(url, { id: '<script>' });
    expect(answer).toMatchObject({ status: 400, id: expect.stringMatching(uuid) });
    expect(answer.body).not.toContain('<script>');
    expect((await send(url, { id: 'next' })).status).toBe(200);
  });

  it('survives handlers that throw, clients that leave and sockets that are reset', async () => {
    const seen: (string | undefined)[] = [];
    let started = 0;
    const url = await start(adapter, {
      'GET /throw': () => fail('on purpose'),
      'GET /slow': async (x) => {
        started += 1;
        x.req.on('close', () => seen.push(getRequestId()));
        await delay(50);
        x.send({ body: 'too late' });
      },
    });
    await send(`${url}/throw`);
    const left = request(`${url}/slow`, { headers: { 'X-Request-ID': 'left' } });
    left.on('error', () => {});
    left.end();
    const { hostname, port } = new URL(url);
    const reset = connect(Number(port), hostname);
    reset.write('GET /slow HTTP/1.1\r\nHost: x\r\nX-Request-ID: reset\r\n\r\n');
    // Before, the reset could overtake the request.
    await expect.poll(() => started).toBe(2);
    left.destroy();
    reset.resetAndDestroy();
    await expect.poll(() => [...seen].sort()).toEqual(['left', 'reset']);
    await delay(50);
    expect(await send(`${url}/throw`, { id: 'alive' })).toMatchObject({ status: 500, id: 'alive' });
  });

  it('keeps 200 concurrent requests apart', async () => {
    const url = await start(adapter, {
      'GET /': async (x) => {
        const before = getRequestId();
        await delay(Math.random() * 20);
        x.send({ body: `${before} ${getRequestId()} ${x.req.id}` });
      },
    });
    const ids = Array.from({ length: 200 }, (_, n) => `id-${n}`);
    const answers = await Promise.all(ids.map((id) => send(url, { id })));
    expect(answers.map(({ id }) => id)).toEqual(ids);
    expect(answers.map(({ body }) => body)).toEqual(ids.map((id) => `${id} ${id} ${id}`));
  });

  it.each([
    ['an unknown option', { maxLenght: 1 }, 'maxLenght'],
    ['a bad value', { trust: 'everybody' }, 'trust'],
  ])('throws at set-up for %s, naming it', async (_what, options, name) => {
    const starting = (async () => adapter.start({}, { options: options as object }))();
    await expect(starting).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION', option: name });
  });
});

function fail(message: string): never {
  throw new Error(message);
}
