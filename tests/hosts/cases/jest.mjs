// Jest runs test files that use the library. Arguments: the case, and its variant.
import { atMost, runCase, same } from './support/case.mjs';
import { runJest, testFile } from './support/test-runs.mjs';

const servers = {
  withRequestId: 'http.createServer(withRequestId((req, res) => res.end(getRequestId())))',
  attach: `(() => {
    const server = http.createServer((req, res) => res.end(getRequestId()));
    attach(server);
    return server;
  })()`,
  express: `(() => {
    const app = require('express')();
    app.use(loadExpressRequestId()());
    app.get('/', (req, res) => res.send(getRequestId()));
    return http.createServer(app);
  })()`,
};

const request = (server) => `
test('a request', async () => {
  const server = await listen(${server});
  for (const id of ['id-1', 'id-2']) expect(await ask(server, id)).toEqual([200, id, id]);
  await close(server);
});
`;

const fastifyRequest = `
test('a request', async () => {
  const app = require('fastify')();
  await app.register(loadFastifyPlugin());
  app.get('/', async () => getRequestId());
  await app.listen({ port: 0, host: '127.0.0.1' });
  for (const id of ['id-1', 'id-2']) expect(await ask(app.server, id)).toEqual([200, id, id]);
  await app.close();
});
`;

const withoutLibrary = `
test('a file without the library', async () => {
  const server = http.createServer((req, res) => req.resume().on('end', () => res.end('plain')));
  await listen(server);
  expect((await ask(server)).slice(0, 2)).toEqual([200, 'plain']);
  await close(server);
}, 2500);
`;

const fakeTimers = (check) => `
test('fake timers', async () => {
  let held;
  const server = await listen(http.createServer(withRequestId((req, res) => {
    held = res;
    setTimeout(() => res.end('later'), 60_000);
  })));
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
  const response = ask(server, 'myid');
  while (!held) await new Promise((resolve) => setImmediate(resolve));
  try {
    ${check}
  } finally {
    jest.useRealTimers();
    if (!held.writableEnded) held.end();
    await response;
    await close(server);
  }
});
`;

function report({ tests, warnings }) {
  same('tests', tests);
  same('warnings', warnings);
}

const cases = {
  async realms(how) {
    const text = testFile(how === 'fastify' ? fastifyRequest : request(servers[how]));
    const count = how === 'fastify' || how === 'express' ? 6 : 8;
    const files = Array.from({ length: count }, (_, index) => [`f${index}.test.js`, text]);
    const { realms, ...result } = await runJest(Object.fromEntries(files), { countsRealms: true });
    report(result);
    // A leak keeps the realm of every file. A few realms may wait for a later collection.
    atMost(`realms left of ${count} files`, [realms], [3]);
  },
  async globalsCleanup(how) {
    report(
      await runJest(
        {
          'a.test.js': testFile(request(servers.withRequestId)),
          'b.test.js': testFile(withoutLibrary, false),
          'c.test.js': testFile(request(servers.attach)),
          'd.test.js': testFile(withoutLibrary, false),
        },
        { environmentOptions: { globalsCleanup: how } },
      ),
    );
  },
  async jsdom(how) {
    const text = `/** @jest-environment jsdom */\n${request(servers[how])}`;
    report(await runJest({ 'app.test.js': testFile(text) }));
  },
  async 'fake timers'() {
    report(
      await runJest({
        'count.test.js': testFile(fakeTimers('expect(jest.getTimerCount()).toBe(1);')),
        'run.test.js': testFile(
          fakeTimers('jest.runAllTimers();\n    expect(held.writableEnded).toBe(true);'),
        ),
      }),
    );
  },
};
await runCase(cases);
