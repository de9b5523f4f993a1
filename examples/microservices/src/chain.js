import { fork } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

/**
 * One line of a service's log.
 *
 * @typedef {{ time: number, service: string, requestId?: string, order: string, msg: string }} Line
 */

/** The services that need no broker, and their lines for one order. */
const lineCounts = { gateway: 2, orders: 2, stock: 1 };

/**
 * Starts all services, each a process, those that are called before their callers. Without Redis, there is no job, and
 * without NATS no notice.
 *
 * @param {{ redisUrl?: string, natsUrl?: string }} [brokers]
 */
export async function startChain({
  redisUrl = process.env.REDIS_URL || 'redis://127.0.0.1:6379',
  natsUrl = process.env.NATS_URL || 'nats://127.0.0.1:4222',
} = {}) {
  /** @type {Line[]} */
  const lines = [];
  const logged = new EventEmitter();
  /** @type {import('node:child_process').ChildProcess[]} */
  const children = [];

  /** @param {string} service @param {NodeJS.ProcessEnv} [env] @returns {Promise<string>} */
  async function start(service, env) {
    const child = fork(new URL(`${service}.js`, import.meta.url), {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    children.push(child);
    createInterface({
      input: /** @type {import('node:stream').Readable} */ (child.stdout),
    }).on('line', (text) => {
      lines.push(JSON.parse(text));
      logged.emit('line');
    });
    const failed = once(child, 'exit').then(([code]) => {
      throw new Error(`${service} ended with ${code}.`);
    });
    failed.catch(() => {});
    const [{ url }] = await Promise.race([once(child, 'message'), failed]);
    return url;
  }

  async function close() {
    await Promise.all(
      children.splice(0).map(async (child) => {
        // Not 'close': Node does not emit it once the parent has disconnected.
        const exited = once(child, 'exit');
        if (child.connected) child.disconnect();
        if (child.exitCode === null && child.signalCode === null) await exited;
      }),
    );
  }

  const hasRedis = await responds(redisUrl);
  // Only the worker publishes to it.
  const hasNats = hasRedis && (await responds(natsUrl));
  // What is undefined hides the parent's own variable.
  const env = {
    QUEUE: `orders-${process.pid}-${Date.now()}`,
    REDIS_URL: hasRedis ? redisUrl : undefined,
    NATS_URL: hasNats ? natsUrl : undefined,
  };
  const missing = [
    ...(hasRedis ? [] : [`Redis does not respond at ${redisUrl}: no job is added.`]),
    ...(hasNats || !hasRedis ? [] : [`NATS does not respond at ${natsUrl}: nothing is published.`]),
  ];
  /** How many lines each service logs for one order. @type {Record<string, number>} */
  const expected = { ...lineCounts };
  try {
    if (hasNats) {
      await start('notices', env);
      expected.notices = 1;
    }
    if (hasRedis) {
      await start('shipping', env);
      expected.shipping = 1;
      // The line about the job.
      expected.stock = lineCounts.stock + 1;
    }
    const stock = await start('stock', env);
    const orders = await start('orders', { STOCK_URL: stock });
    const url = await start('gateway', { ORDERS_URL: orders });
    const count = Object.values(expected).reduce((sum, lines) => sum + lines);

    /**
     * Waits for all lines about an order. Returns them, in the order of their times.
     *
     * @param {string} order
     */
    async function linesOf(order) {
      for (;;) {
        const found = lines.filter((line) => line.order === order);
        if (found.length >= count) return found.sort((a, b) => a.time - b.time);
        await once(logged, 'line');
      }
    }
    logged.setMaxListeners(0);
    return { url, expected, missing, linesOf, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Returns whether something listens there. @param {string} url */
async function responds(url) {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), timeout: 2000 });
  try {
    await Promise.race([
      once(socket, 'connect'),
      once(socket, 'timeout').then(() => Promise.reject(new Error('Nothing responds.'))),
    ]);
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
