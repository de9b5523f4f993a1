import { record } from '@request-context/conformance/engine';
import {
  createClient,
  createClientPool,
  type RedisClientPoolType,
  type RedisClientType,
} from 'redis';
import { execute, publish, subscribe } from '../recipes/redis.ts';
import type { ClientCase } from '../src/run-case.ts';
import { services } from '../src/services.ts';
import { testClient } from '../src/test-client.ts';

const { url } = services.redis;

interface Clients {
  readonly client: RedisClientType;
  readonly pool: RedisClientPoolType;
  readonly subscriber: RedisClientType;
  /** The name of a hash, and of a channel. */
  readonly name: string;
}

async function open(name: string, withRecipe: boolean): Promise<Clients> {
  const client: RedisClientType = createClient({ url });
  const pool: RedisClientPoolType = createClientPool({ url }, { minimum: 1, maximum: 2 });
  const subscriber: RedisClientType = createClient({ url });
  await Promise.all([client.connect(), pool.connect(), subscriber.connect()]);
  const handle = ({ id }: { id: string }) => record(id, 'message');
  if (withRecipe) await subscribe(subscriber, name, handle);
  else await subscriber.subscribe(name, (message) => handle(JSON.parse(message)));
  return { client, pool, subscriber, name };
}

async function close({ client, pool, subscriber, name }: Clients): Promise<void> {
  await client.del(name);
  await Promise.all([client.close(), pool.close(), subscriber.close()]);
}

const cases: ClientCase<Clients>[] = [
  {
    title: '`await client.get(key)`',
    places: ['then', 'catch'],
    async use({ client, name }, { id, probe }) {
      await client.hSet(name, id, id);
      const seen = await client.hGet(name, id);
      probe('then');
      await client.get(name).catch(() => probe('catch'));
      return String(seen);
    },
  },
  {
    title: '`await client.multi().exec()` and `execAsPipeline()`',
    places: ['exec', 'execAsPipeline'],
    async use({ client }, { id, probe }) {
      await client.multi().echo(id).exec();
      probe('exec');
      const [seen] = await client.multi().echo(id).execAsPipeline();
      probe('execAsPipeline');
      return String(seen);
    },
  },
  {
    title: '`for await (const entries of client.hScanIterator(key))`',
    places: ['entries', 'end'],
    async use({ client, name }, { id, probe }) {
      await client.hSet(name, id, id);
      let seen = 'nothing';
      for await (const entries of client.hScanIterator(name, { MATCH: id, COUNT: 1_000 })) {
        probe('entries');
        seen = entries[0]?.value ?? seen;
      }
      probe('end');
      return seen;
    },
  },
  {
    title: '`await pool.get(key)`',
    places: ['then'],
    async use({ pool }, { id, probe }) {
      const seen = await pool.echo(id);
      probe('then');
      return seen;
    },
  },
  {
    title: '`pool.execute(callback)`',
    places: ['callback', 'in callback', 'then'],
    wrong: ['callback', 'in callback'],
    recipe: '`context.bind(callback)`',
    async use({ pool }, { id, probe, withRecipe }) {
      /** Runs several commands on one client of the pool. */
      const work = async (client: RedisClientType) => {
        probe('callback');
        const echoed = await client.echo(id);
        probe('in callback');
        return echoed;
      };
      const seen = await (withRecipe ? execute(pool, work) : pool.execute(work));
      probe('then');
      return seen;
    },
  },
  {
    title: '`subscriber.subscribe(channel, listener)`, for a request that waits',
    places: ['message'],
    recipe: '`context.bind(listener)`',
    use: ({ client, subscriber }, { id, probe, bind }) =>
      new Promise((resolve, reject) => {
        const listener = bind((message: string) => {
          probe('message');
          resolve(message);
        });
        subscriber.subscribe(id, listener).then(() => client.publish(id, id), reject);
      }),
  },
  {
    title: '`subscriber.subscribe(channel, listener)`',
    places: ['message'],
    recipe: '`context.run(values, handle)`',
    async use({ client, name }, { id }) {
      await publish(client, name, { id });
      return id;
    },
  },
];

testClient('redis', 'redis', { open, close }, cases);
