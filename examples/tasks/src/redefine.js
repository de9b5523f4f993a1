// A child redefines a value. Its sibling and its parent keep theirs, with copy and with chain.
import { createContext } from '@request-context/core';

/** @type {import('@request-context/core').Context<{ status: string }>} */
const context = createContext();

for (const inherit of /** @type {const} */ (['copy', 'chain'])) {
  console.log(`\nUsing ${inherit}`);
  await context.run({ status: 'RUNNING' }, () => parent(inherit));
}

/** @param {import('@request-context/core').Inherit} inherit */
async function parent(inherit) {
  print('2');
  await Promise.all([context.fork(pend, { inherit }), context.fork(fail, { inherit })]);
  print('2');
}

async function pend() {
  context.set('status', 'PENDING');
  print('1');
  await callOfPend();
}

/** Is no task, only a call: it sees what its caller sees. */
async function callOfPend() {
  print('1 (child)');
}

async function fail() {
  context.set('status', 'FAILED');
  print('0');
}

/** @param {string} task */
function print(task) {
  console.log(`${task}: ${context.get('status')}`);
}
