// setTimeout is fake, never fires, or returns a number. Arguments: which of them, and which build is loaded.
import {
  ask,
  atMost,
  collect,
  holds,
  messageOf,
  mount,
  require,
  runCase,
  same,
  sleep,
  surviveUncaught,
  variant,
} from './support/case.mjs';

const [what = '', build = 'import', how = 'withRequestId'] = variant;
surviveUncaught();
const real = globalThis.setTimeout;

if (what === 'returns a number') {
  globalThis.setTimeout = (task, ms, ...args) => Number(real(task, ms, ...args));
}
/** @type {WeakRef<object>[]} */
const sockets = [];
let reached = () => {};
const isReached = new Promise((resolve) => {
  reached = resolve;
});
function listener(req, res) {
  if (req.url === '/slow') {
    globalThis.setTimeout(() => res.end('ok'), 5000);
    return reached();
  }
  sockets.push(new WeakRef(req.socket));
  res.end('ok');
}
const server = await mount(how, listener, { build: /** @type {'import' | 'require'} */ (build) });

/** Checks that the sockets of closed connections are collected. */
async function leavesNoSockets() {
  for (let round = 0; round < 50; round++) await ask(server);
  await sleep(300);
  const left = () => sockets.filter((ref) => ref.deref() !== undefined).length;
  await collect(() => left() <= 1);
  atMost('sockets left of 50 closed connections', [left()], [1]);
}

const cases = {
  async 'returns a number'() {
    for (const id of ['id-1', 'id-2']) {
      const response = await ask(server, { id });
      same(`${id}: status`, response.error ?? response.status);
      holds(`${id}: id`, id, response.id);
    }
  },
  async 'never fires'() {
    globalThis.setTimeout = () => ({ unref() {}, ref() {} });
    await ask(server);
    globalThis.setTimeout = real;
    await leavesNoSockets();
  },
  async sinon() {
    const clock = require('sinon').useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'],
    });
    const pending = ask(server, { path: '/slow', id: 'myid' });
    await isReached;
    same('timers while a request is open', clock.countTimers());
    let outcome = 'returned';
    try {
      clock.runAll();
    } catch (error) {
      outcome = messageOf(error);
    }
    same('runAll()', outcome);
    const { status, id } = await pending;
    same('status', status);
    holds('id', 'myid', id);
    clock.restore();
    await leavesNoSockets();
  },
};
await runCase(cases);
