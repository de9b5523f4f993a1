import { once } from 'node:events';
import { get, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';

/** Logs a message and the id that the client sent, beside the id that the logger finds. */
export type Log = (message: string, fields: { sent: string }) => void;

/** What a line must hold. */
export interface Entry {
  requestId?: unknown;
  sent?: unknown;
  message: unknown;
}

const kinds = ['responds', 'throws', 'leaves'] as const;

/** Returns the id that the client sent. */
export function sentId(req: IncomingMessage): string {
  return String(req.headers['x-request-id']);
}

/**
 * Handles a request: logs at once, after a timer, in a callback, and at the end of the response. Then throws
 * or waits for the client to leave, if the path says so. Returns whether to respond.
 */
export async function handle(
  req: IncomingMessage,
  res: ServerResponse,
  log: Log,
): Promise<boolean> {
  const sent = sentId(req);
  res.once('finish', () => log('finish', { sent }));
  res.once('close', () => log('close', { sent }));
  log('begun', { sent });
  await delay(Math.random() * 10);
  log('waited', { sent });
  await new Promise<void>((resolve) => {
    setImmediate(() => {
      log('called back', { sent });
      resolve();
    });
  });
  if (req.url === '/throws') throw new Error(`thrown in ${sent}`);
  if (req.url === '/leaves') {
    res.write('the client leaves when it receives this');
    await once(res, 'close');
    log('left', { sent });
    return false;
  }
  return true;
}

/** The lines that {@link handle} and an error handler write for a request. */
const messages = {
  responds: ['begun', 'waited', 'called back', 'finish', 'close'],
  throws: ['begun', 'waited', 'called back', 'error', 'finish', 'close'],
  leaves: ['begun', 'waited', 'called back', 'close', 'left'],
};

/** Sends 500 concurrent requests. Returns the lines that must be logged for them, sorted. */
export async function flood(url: string): Promise<string[]> {
  const requests = Array.from({ length: 500 }, async (_, n) => {
    const kind = kinds[n % 5 === 0 ? 1 : n % 5 === 1 ? 2 : 0] ?? 'responds';
    const id = `${kind}-${n}`;
    const request = get(`${url}/${kind}`, { headers: { 'X-Request-ID': id }, agent: false });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    if (kind === 'leaves') {
      await once(response, 'data');
      response.destroy();
    } else {
      await text(response);
    }
    return messages[kind].map((message) => lineOf({ requestId: id, sent: id, message }));
  });
  return (await Promise.all(requests)).flat().sort();
}

export function lineOf({ requestId, sent, message }: Entry): string {
  return `id ${requestId}, sent ${sent}: ${message}`;
}
