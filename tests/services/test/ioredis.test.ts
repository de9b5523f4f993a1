import { record } from '@request-context/conformance/engine';
import { Redis } from 'ioredis';
import { publish, subscribe } from '../recipes/ioredis.ts';
import type { ClientCase, Visit } from '../src/run-case.ts';
import { services } from '../src/services.ts';
import { testClient } from '../src/test-client.ts';

interface Clients {
  readonly redis: Redis;
  readonly pipelining: Redis;
  readonly subscriber: Redis;
  /** The name of a hash, and of a channel. */
  readonly name: string;
}

const { url } = services.redis;

async function open(name: string, withRecipe: boolean): Promise<Clients> {
  const redis = new Redis(url);
  const pipelining = new Redis(url, { enableAutoPipelining: true });
  const subscriber = new Redis(url);
  // Each waiting request adds a listener.
  subscriber.setMaxListeners(0);
  const handle = ({ id }: { id: string }) => record(id, 'message');
  if (withRecipe) await subscribe(subscriber, name, handle);
  else {
    await subscriber.subscribe(name);
    subscriber.on('message', (from, message) => {
      if (from === name) handle(JSON.parse(message));
    });
  }
  return { redis, pipelining, subscriber, name };
}

async function close({ redis, pipelining, subscriber, name }: Clients): Promise<void> {
  await redis.del(name);
  await Promise.all([redis.quit(), pipelining.quit(), subscriber.quit()]);
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
  ...(['pipeline', 'multi'] as const).map((method) => ({
    title: `\`redis.${method}()\`, its promise and callbacks`,
    places: ['then', 'command', 'exec'],
    async use({ redis }: Clients, { id, probe }: Visit) {
      const commands = redis[method]().echo(id, () => probe('command'));
      const results = await commands.exec(() => probe('exec'));
      probe('then');
      return String(results?.[0]?.[1]);
    },
  })),
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
    recipe: '`context.bind(listener)`',
    async use({ redis, subscriber }, { id, probe, bind }) {
      await subscriber.subscribe(id);
      return new Promise((resolve) => {
        const listener = bind((channel: string, message: string) => {
          // Others listen to the subscriber as well.
          if (channel !== id) return;
          probe('message');
          resolve(message);
        });
        subscriber.on('message', listener);
        void redis.publish(id, id);
      });
    },
  },
  {
    title: '`message` of a shared subscriber',
    places: ['message'],
    recipe: '`context.run(values, handle)`',
    async use({ redis, name }, { id }) {
      await publish(redis, name, { id });
      return id;
    },
  },
];

testClient('ioredis', 'redis', { open, close }, cases);
