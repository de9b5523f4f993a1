// Children share the values of their parent: each sees what the others set.
import { createContext } from '@request-context/core';

/** @type {import('@request-context/core').Context<{ status: string }>} */
const context = createContext({ inherit: 'share' });

await context.run({ status: 'RUNNING' }, parent);

async function parent() {
  print(2);
  await Promise.all([context.fork(finish), context.fork(report)]);
  print(2);
}

async function finish() {
  context.set('status', 'DONE');
}

async function report() {
  print(0);
}

/** @param {number} task */
function print(task) {
  console.log(`${task}: ${context.get('status')}`);
}
