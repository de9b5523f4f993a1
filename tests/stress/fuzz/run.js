// Fuzzes every framework: npm run fuzz. SEED=1 repeats a run; REQUESTS=1000 shortens it. fast-check shrinks failures.
import { randomInt } from 'node:crypto';
import { adapterNames } from '../../kit/built-adapter.js';
import { fuzz } from './fuzz.js';

/** Requests to each framework. Its versions share them. */
const requests = Number(process.env.REQUESTS ?? 200_000);
const seed = Number(process.env.SEED ?? randomInt(2 ** 31));
/** Seconds for all frameworks together. */
const limit = 360;

const framework = (/** @type {string} */ name) => name.replace(/-\d$/, '');

console.log(`SEED=${seed}`);
setTimeout(() => {
  console.error(`Not done after ${limit} s. SEED=${seed}`);
  process.exit(1);
}, limit * 1000).unref();

for (const adapter of adapterNames) {
  const versions = adapterNames.filter((name) => framework(name) === framework(adapter)).length;
  const started = Date.now();
  const { adopted, fresh, refused, lines } = await fuzz({
    adapter,
    requests: Math.ceil(requests / versions),
    seed,
  });
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  console.log(
    `${adapter}: ${adopted + fresh + refused} requests in ${seconds} s: ${adopted} ids adopted, ${fresh} fresh, ` +
      `${refused} refused by the parser, ${lines} log lines parsed`,
  );
}
