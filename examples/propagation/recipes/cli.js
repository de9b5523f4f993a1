import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { context, getRequestId } from '@request-context/core';
import { childEnv, contextFromEnv } from '@request-context/propagation/worker-threads';

async function main() {
  console.log(`${getRequestId()} import started`);
  const command = 'echo "$X_REQUEST_ID counting rows"';
  const child = spawn('sh', ['-c', command], { env: childEnv(), stdio: 'inherit' });
  await once(child, 'close');
  console.log(`${getRequestId()} import finished`);
}

await context.run(contextFromEnv(), main);
