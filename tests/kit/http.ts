// The kit's server and client, for tests that vitest runs.
import type { Server } from 'node:net';
import { onTestFinished } from 'vitest';
import { serve } from './serve.js';

export { type HttpResponse, send, sendRaw } from './send.js';
export { uuid } from './uuid.js';

/** Makes a server listen on a free port of the loopback until the test is over. Returns its URL. */
export async function listen(server: Server): Promise<string> {
  const { url, close } = await serve(server);
  onTestFinished(async () => void (await close()));
  return url;
}
