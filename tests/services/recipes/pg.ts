import { context, getRequestId, newRequestId } from '@request-context/core';
import { type Client, Pool, type PoolConfig } from 'pg';
import { carryThrough } from './carry-through.ts';

/** Creates a pool for callbacks, `Query` objects and streams. */
export function createPool(config: PoolConfig): Pool {
  const pool = new Pool(config);
  carryThrough(pool, 'connect');
  // `pool.query()` calls `pool.connect()`, so it needs nothing more.
  pool.on('connect', (client) => carryThrough(client, 'query'));
  return pool;
}

/** Runs a query. Calls back for each notice that it raises. */
export async function queryWithNotices(
  pool: Pool,
  sql: string,
  onNotice: () => void,
): Promise<void> {
  const client = await pool.connect();
  const listener = context.bind(onNotice);
  client.on('notice', listener);
  try {
    await client.query(sql);
  } finally {
    // The next request gets the same client.
    client.off('notice', listener);
    client.release();
  }
}

/** Notifies all who listen on a channel. The message carries the request's id. */
export async function notify(pool: Pool, channel: string, message: object): Promise<void> {
  const payload = JSON.stringify({ ...message, requestId: getRequestId() });
  await pool.query('SELECT pg_notify($1, $2)', [channel, payload]);
}

/** Listens on a channel. Handles each message with the id that it carries. */
export async function listen<Message>(
  client: Client,
  channel: string,
  handle: (message: Message) => void,
): Promise<void> {
  client.on('notification', (notification) => {
    if (notification.channel !== channel) return;
    const message = JSON.parse(notification.payload ?? '{}');
    const requestId = message.requestId ?? newRequestId();
    context.run({ requestId }, () => handle(message));
  });
  await client.query(`LISTEN ${channel}`);
}
