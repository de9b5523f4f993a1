// Shows what a parent sees of its child's writes: a value set anew, and an array changed in place.
import { createContext } from '@request-context/core';

/** @type {import('@request-context/core').Context<{ simple: string, complex: string[] }>} */
const context = createContext();

for (const inherit of /** @type {const} */ (['share', 'copy', 'chain'])) {
  console.log(`\nUsing ${inherit}`);
  const values = { simple: 'from parent', complex: ['from', 'parent'] };
  await context.run(values, async () => {
    print('parent before');
    await context.fork(child, { inherit });
    print('parent after');
  });
}

async function child() {
  context.set('simple', 'from child');
  context.require('complex')[1] = 'child';
  print('child');
}

/** @param {string} task */
function print(task) {
  const complex = context.require('complex').map((word) => `'${word}'`);
  console.log(`${task}: simple=${context.get('simple')}, complex=[${complex.join(', ')}]`);
}
