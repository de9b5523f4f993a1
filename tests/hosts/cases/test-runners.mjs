// vitest, mocha and node:test: tests pass, functions of fake timers return, and the process ends.
// Argument: the test runner.
import { runCase, same } from './support/case.mjs';
import { binOf, folderOf, runNode, testFile, warningsIn } from './support/test-runs.mjs';

const request = `
for (const how of ['withRequestId', 'attach']) {
  test(how + ' works', async () => {
    const listener = (req, res) => setTimeout(() => res.end(getRequestId()), 5);
    const server = http.createServer(how === 'attach' ? listener : withRequestId(listener));
    if (how === 'attach') attach(server);
    await listen(server);
    for (const id of ['id-1', 'id-2']) assert.deepEqual(await ask(server, id), [200, id, id]);
    await close(server);
  });
}
`;

// Runs first, because an earlier test would already set the timers that the library sets only once.
const fakeTimers = (use, { runAll, count, restore }) => `
test('fake timers', async () => {
  let held;
  const server = await listen(http.createServer(withRequestId((req, res) => {
    held = res;
    setTimeout(() => res.end('later'), 60_000);
  })));
  ${use};
  try {
    const response = ask(server, 'myid');
    while (!held) await new Promise((resolve) => setImmediate(resolve));
    ${count === undefined ? '' : `assert.equal(${count}, 1);`}
    ${runAll};
    assert.equal(held.writableEnded, true);
    assert.deepEqual(await response, [200, 'later', 'myid']);
  } finally {
    ${restore};
    if (!held.writableEnded) held.end();
    await close(server);
  }
});
`;

async function run(files, args) {
  const { end, output } = await runNode(folderOf(files), args);
  const reasons = output.split('\n').filter((line) => /Error|!==|not ok|[✗✖×]/.test(line));
  const why = reasons.map((line) => line.trim()).join('; ');
  same('end of the process', end === 0 ? 'with 0' : `with ${end}: ${why}`);
  same('warnings', warningsIn(output));
}

const assert = "const assert = require('node:assert/strict');\n";
const cases = {
  async vitest() {
    const text = testFile(
      assert +
        fakeTimers("vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval'] })", {
          count: 'vi.getTimerCount()',
          runAll: 'vi.runAllTimers()',
          restore: 'vi.useRealTimers()',
        }) +
        request,
    );
    const start = `import { createRequire } from 'node:module';
import { test, vi } from 'vitest';
const require = createRequire(import.meta.url);
`;
    const config = 'export default { test: { include: ["*.test.mjs"], reporters: ["default"] } };';
    const files = { 'app.test.mjs': start + text, 'vitest.config.mjs': config };
    await run(files, [binOf('vitest', 'vitest.mjs'), 'run']);
  },
  async mocha() {
    const text = testFile(`${assert}const { it: test } = require('mocha');\n${request}`);
    await run({ 'app.test.js': text }, [binOf('mocha', 'bin/mocha.js'), 'app.test.js']);
  },
  async 'mocha, fake timers'() {
    const text = fakeTimers("const clock = sinon.useFakeTimers({ toFake: ['setTimeout'] })", {
      count: 'clock.countTimers()',
      runAll: 'clock.runAll()',
      restore: 'clock.restore()',
    });
    const start = `${assert}const { it: test } = require('mocha');\nconst sinon = require('sinon');\n`;
    const files = { 'app.test.js': testFile(start + text) };
    await run(files, [binOf('mocha', 'bin/mocha.js'), 'app.test.js']);
  },
  async 'node:test'() {
    const mock = fakeTimers("mock.timers.enable({ apis: ['setTimeout'] })", {
      runAll: 'mock.timers.runAll()',
      restore: 'mock.timers.reset()',
    });
    const text = `${assert}const { mock, test } = require('node:test');\n${mock}${request}`;
    await run({ 'app.test.js': testFile(text) }, ['--test']);
  },
};
await runCase(cases);
