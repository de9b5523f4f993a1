// Throws inside of two scopes, with the built package, where nobody catches it; prints what is seen.
import { context, createContext } from '@request-context/core';

const [reaction] = process.argv.slice(2);
const own = createContext({ name: 'own' });

/** @param {string} where */
function print(where) {
  console.log(where, context.get('requestId', 'none'), own.get('step', 'none'));
}

if (reaction === 'listener') {
  process.on('uncaughtException', () => print('listener'));
  process.on('uncaughtExceptionMonitor', () => {
    // Comes after all other listeners: what sees this is what goes on after the error.
    process.once('uncaughtException', () => print('afterwards'));
  });
}
if (reaction === 'capture callback') {
  // With a capture callback Node calls no listener.
  process.on('uncaughtException', () => print('listener'));
  process.setUncaughtExceptionCaptureCallback(() => print('captured'));
}

context.run({ requestId: 'myid' }, () => {
  own.run({ step: 'first' }, () => {
    setTimeout(() => {
      throw new Error('on purpose');
    }, 1);
  });
});

setTimeout(() => {
  print('later');
  console.log('listeners', process.listenerCount('uncaughtException'));
}, 20);
