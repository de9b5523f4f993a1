// Loads the two builds that are named on the command line, and prints what each sees of the other.
import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(import.meta.url);

/** @param {string | undefined} file */
function load(file = '') {
  return file.endsWith('.cjs') ? require(file) : import(pathToFileURL(file).href);
}

const first = await load(process.argv[2]);
const second = await load(process.argv[3]);
const one = first.context;
const two = second.context;
const emitter = new EventEmitter();
/** @type {Record<string, unknown>} */
const seen = {};

seen.areDistinct = one !== two && first.NoContextError !== second.NoContextError;

await one.run({ requestId: 'of one', list: ['a'], ['__proto__']: 'own' }, async () => {
  await null;
  seen.id = second.getRequestId();
  seen.active = two.active;
  seen.values = Object.entries(two.toObject());
  two.set('requestId', 'set by two');
  seen.setByTwo = one.get('requestId');
  for (const inherit of ['share', 'copy', 'chain']) {
    two.fork(
      () => {
        one.set('requestId', `set in ${inherit}`);
        seen[inherit] = [first.getRequestId(), second.getRequestId()];
      },
      { inherit },
    );
    seen[`after ${inherit}`] = one.get('requestId');
  }
  one.bindEmitter(emitter);
});

const { emit } = emitter;
emitter.on('go', () => {
  seen.emitted = [first.getRequestId(), second.getRequestId()];
});
emitter.emit('go');
seen.boundByOne = seen.emitted;
const bound = two.run({ requestId: 'of two' }, () => {
  two.bindEmitter(emitter);
  return two.bind(() => first.getRequestId());
});
emitter.emit('go');
seen.reboundByTwo = seen.emitted;
seen.isWrappedOnce = emitter.emit === emit;
seen.carried = one.run({ requestId: 'another' }, bound);

try {
  two.require('requestId');
} catch (error) {
  seen.code = /** @type {{ code?: string }} */ (error).code;
}
seen.isCreatedApart = first.createContext().run({}, () => !second.createContext().active);

console.log(JSON.stringify(seen));
