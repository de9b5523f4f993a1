// Loads the CommonJS build in realms, as test runners do for each file, and prints what is left of them.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { compileFunction, createContext, runInContext } from 'node:vm';

const [entry = ''] = process.argv.slice(2);

/**
 * Evaluates a file of the build in a realm, with the files that it requires.
 *
 * @param {string} file
 * @param {import('node:vm').Context} realm
 * @returns {any}
 */
function load(file, realm) {
  const require = createRequire(file);
  const module = { exports: {} };
  compileFunction(readFileSync(file, 'utf8'), ['require', 'module', 'exports'], {
    parsingContext: realm,
  })(
    (/** @type {string} */ id) =>
      id.startsWith('.') ? load(require.resolve(id), realm) : require(id),
    module,
    module.exports,
  );
  return module.exports;
}

function visit() {
  const realm = createContext({ process, Buffer });
  const { context } = load(entry, realm);
  return { context, object: new WeakRef(runInContext('Object', realm)) };
}

/** @type {ReturnType<typeof visit>[]} */
const visits = Array.from({ length: 10 }, visit);
const objects = visits.map(({ object }) => object);
visits.splice(1, 8);

for (let round = 0; round < 40 && count() > 2; round += 1) {
  await sleep(10);
  globalThis.gc?.();
}
const last = visits.at(-1)?.context;
console.log(
  JSON.stringify({
    left: count(),
    listeners: process.listenerCount('uncaughtExceptionMonitor'),
    // The last realm still works.
    id: last?.run({ requestId: 'myid' }, () => last.get('requestId')),
  }),
);

function count() {
  return objects.filter((object) => object.deref() !== undefined).length;
}
