// Reads an id two calls down, although no function passes it on.
import { context } from '@request-context/core';

await context.run({}, handle);

async function handle() {
  context.set('requestId', '1234');
  await loadUser();
}

async function loadUser() {
  console.log(context.get('requestId', 'Unknown'));
  await queryDatabase();
}

async function queryDatabase() {
  console.log(context.get('requestId', 'Unknown'));
}
