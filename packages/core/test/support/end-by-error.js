// Ends by an error, with or without the library: the exit code must be the same.
const [how, library] = process.argv.slice(2);
/** @type {(task: () => void) => void} */
let run = (task) => task();
if (library === 'with') {
  const { context } = await import('@request-context/core');
  run = (task) => context.run({ requestId: 'myid' }, task);
}

let isTaken = true;
const listener = () => {
  if (how === 'a listener that throws') throw new Error('of the listener');
};
if (how !== 'nothing') process.on('uncaughtException', listener);
if (how === 'a capture callback that is removed') {
  process.setUncaughtExceptionCaptureCallback(() => {});
}
if (how === 'an added callback that handles no more errors') {
  /** @type {any} */ (process).addUncaughtExceptionCaptureCallback(() => isTaken);
}

run(() => {
  setTimeout(() => {
    throw new Error('first');
  }, 1);
});
setTimeout(() => {
  isTaken = false;
  process.off('uncaughtException', listener);
  if (how === 'a capture callback that is removed')
    process.setUncaughtExceptionCaptureCallback(null);
  run(() => {
    throw new Error('second');
  });
}, 20);
setTimeout(() => process.exit(0), 60);
