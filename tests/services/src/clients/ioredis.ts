import { context, getRequestId } from '@request-context/core';
import { Redis } from 'ioredis';
import { services } from '../services.ts';
import type { ClientCase, ClientSuite, Exchange, Note } from '../types.ts';

interface Clients {
  readonly redis: Redis;
  readonly pipelining: Redis;
  readonly subscriber: Redis;
  /** The name of a hash. */
  readonly name: string;
}

const { url } = services.redis;

async function open(name: string, note: Note): Promise<Clients> {
  const redis = new Redis(url);
  const pipelining = new Redis(url, { enableAutoPipelining: true });
  const subscriber = new Redis(url);
  // Each waiting request has a listener of its own.
  subscriber.setMaxListeners(0);
  await listenPlainly(subscriber, `${name}.plain`, (id) => note(id, 'message', getRequestId()));
  await listen(subscriber, `${name}.carried`, (id) => note(id, 'message', getRequestId()));
  return { redis, pipelining, subscriber, name };
}

async function close({ redis, pipelining, subscriber, name }: Clients): Promise<void> {
  await redis.del(name);
  await Promise.all([redis.quit(), pipelining.quit(), subscriber.quit()]);
}

async function listenPlainly(
  subscriber: Redis,
  channel: string,
  handle: (id: string) => void,
): Promise<void> {
  await subscriber.subscribe(channel);
  subscriber.on('message', (from, message) => {
    if (from === channel) handle(JSON.parse(message).requestId);
  });
}

async function listen(
  subscriber: Redis,
  channel: string,
  handle: (id: string) => void,
): Promise<void> {
  await subscriber.subscribe(channel);
  subscriber.on('message', (from, message) => {
    if (from !== channel) return;
    const { requestId } = JSON.parse(message);
    context.run({ requestId }, () => handle(requestId));
  });
}

/** Waits for a message on a channel that others listen to as well. */
async function waitForMessage(
  { redis, subscriber }: Clients,
  { id }: Exchange,
  listener: () => void,
): Promise<string> {
  await subscriber.subscribe(id);
  return new Promise((resolve) => {
    subscriber.on('message', (channel, message) => {
      if (channel !== id) return;
      listener();
      resolve(message);
    });
    void redis.publish(id, id);
  });
}

const cases: ClientCase<Clients>[] = [
  {
    title: '`await redis.get(key)`',
    places: ['then', 'catch'],
    async use({ redis, name }, { id, probe }) {
      await redis.hset(name, id, id);
      const seen = await redis.hget(name, id);
      probe('then');
      await redis.get(name).catch(() => probe('catch'));
      return String(seen);
    },
  },
  {
    title: '`redis.get(key, callback)`',
    places: ['callback'],
    use: ({ redis }, { id, probe }) =>
      new Promise((resolve) => {
        redis.echo(id, (_, seen) => {
          probe('callback');
          resolve(String(seen));
        });
      }),
  },
  {
    title: '`redis.pipeline()`, its promise and callbacks',
    places: ['then', 'command', 'exec'],
    async use({ redis }, { id, probe }) {
      const pipeline = redis.pipeline().echo(id, () => probe('command'));
      const results = await pipeline.exec(() => probe('exec'));
      probe('then');
      return String(results?.[0]?.[1]);
    },
  },
  {
    title: '`redis.multi()`, its promise and callbacks',
    places: ['then', 'command', 'exec'],
    async use({ redis }, { id, probe }) {
      const transaction = redis.multi().echo(id, () => probe('command'));
      const results = await transaction.exec(() => probe('exec'));
      probe('then');
      return String(results?.[0]?.[1]);
    },
  },
  {
    title: 'commands with `enableAutoPipelining`',
    places: ['then', 'callback'],
    async use({ pipelining }, { id, probe }) {
      const called = new Promise<void>((resolve) => {
        pipelining.echo(id, () => {
          probe('callback');
          resolve();
        });
      });
      const seen = await pipelining.echo(id);
      probe('then');
      await called;
      return seen;
    },
  },
  {
    title: '`data` and `end` of `redis.hscanStream(key)`',
    places: ['data', 'end'],
    async use({ redis, name }, { id, probe }) {
      await redis.hset(name, id, id);
      return new Promise((resolve, reject) => {
        const seen: string[] = [];
        const stream = redis.hscanStream(name, { match: id, count: 1_000 });
        stream.on('data', (keys: string[]) => {
          probe('data');
          seen.push(...keys);
        });
        stream.on('end', () => {
          probe('end');
          resolve(String(seen[0]));
        });
        stream.on('error', reject);
      });
    },
  },
  {
    title: '`for await (const keys of redis.hscanStream(key))`',
    places: ['keys', 'end'],
    async use({ redis, name }, { id, probe }) {
      await redis.hset(name, id, id);
      const seen: string[] = [];
      for await (const keys of redis.hscanStream(name, { match: id, count: 1_000 })) {
        probe('keys');
        seen.push(...keys);
      }
      probe('end');
      return String(seen[0]);
    },
  },
  {
    title: "`ready`, `message` and `end` of a request's own subscriber",
    places: ['ready', 'message', 'end'],
    async use({ redis }, { id, probe }) {
      const own = redis.duplicate();
      own.on('ready', () => probe('ready'));
      own.on('end', () => probe('end'));
      await own.subscribe(id);
      const seen = await new Promise<string>((resolve) => {
        own.on('message', (_, message) => {
          probe('message');
          resolve(message);
        });
        void redis.publish(id, id);
      });
      own.disconnect();
      return seen;
    },
  },
  {
    title: '`message` of a shared subscriber, for a request that waits',
    places: ['message'],
    use: (clients, exchange) => waitForMessage(clients, exchange, () => exchange.probe('message')),
    wrong: {
      places: ['message'],
      recipe: '`context.bind(listener)`',
      use(clients, exchange) {
        const listener = context.bind(() => exchange.probe('message'));
        return waitForMessage(clients, exchange, listener);
      },
    },
  },
  {
    title: '`message` of a shared subscriber',
    places: ['message'],
    async use({ redis, name }, { id }) {
      await redis.publish(`${name}.plain`, JSON.stringify({ requestId: id }));
      return id;
    },
    wrong: {
      places: ['message'],
      recipe: '`context.run(values, handle)`',
      async use({ redis, name }, { id }) {
        await redis.publish(`${name}.carried`, JSON.stringify({ requestId: getRequestId() }));
        return id;
      },
    },
  },
];

export const ioredis: ClientSuite<Clients> = {
  name: 'ioredis',
  service: 'redis',
  open,
  close,
  cases,
};
