import { context, getRequestId } from '@request-context/core';
import { createClient, createClientPool } from 'redis';
import { services } from '../services.ts';
import type { ClientCase, ClientSuite, Exchange, Note } from '../types.ts';

const { url } = services.redis;

type Client = ReturnType<typeof connectLater>;
type ClientPool = ReturnType<typeof createPool>;

interface Clients {
  readonly client: Client;
  readonly pool: ClientPool;
  readonly subscriber: Client;
  /** The name of a hash. */
  readonly name: string;
}

function connectLater() {
  return createClient({ url });
}

function createPool() {
  return createClientPool({ url }, { minimum: 1, maximum: 2 });
}

async function open(name: string, note: Note): Promise<Clients> {
  const client = connectLater();
  const pool = createPool();
  const subscriber = connectLater();
  await Promise.all([client.connect(), pool.connect(), subscriber.connect()]);
  await listenPlainly(subscriber, `${name}.plain`, (id) => note(id, 'message', getRequestId()));
  await listen(subscriber, `${name}.carried`, (id) => note(id, 'message', getRequestId()));
  return { client, pool, subscriber, name };
}

async function close({ client, pool, subscriber, name }: Clients): Promise<void> {
  await client.del(name);
  await Promise.all([client.close(), pool.close(), subscriber.close()]);
}

async function listenPlainly(
  subscriber: Client,
  channel: string,
  handle: (id: string) => void,
): Promise<void> {
  await subscriber.subscribe(channel, (message) => handle(JSON.parse(message).requestId));
}

async function listen(
  subscriber: Client,
  channel: string,
  handle: (id: string) => void,
): Promise<void> {
  await subscriber.subscribe(channel, (message) => {
    const { requestId } = JSON.parse(message);
    context.run({ requestId }, () => handle(requestId));
  });
}

/** Waits for a message on a channel of the request's own. */
function waitForMessage(
  { client, subscriber }: Clients,
  { id }: Exchange,
  listener: () => void,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const subscribed = subscriber.subscribe(id, (message) => {
      listener();
      resolve(message);
    });
    subscribed.then(() => client.publish(id, id)).catch(reject);
  });
}

/** Several commands on one client of the pool. */
async function work(
  client: { echo(text: string): Promise<string> },
  { id, probe }: Exchange,
): Promise<string> {
  probe('callback');
  const echoed = await client.echo(id);
  probe('in callback');
  return echoed;
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
    async use({ pool }, exchange) {
      const seen = await pool.execute((client) => work(client, exchange));
      exchange.probe('then');
      return seen;
    },
    wrong: {
      places: ['callback', 'in callback'],
      recipe: '`context.bind(callback)`',
      async use({ pool }, exchange) {
        const seen = await pool.execute(context.bind((client) => work(client, exchange)));
        exchange.probe('then');
        return seen;
      },
    },
  },
  {
    title: '`subscriber.subscribe(channel, listener)`, for a request that waits',
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
    title: '`subscriber.subscribe(channel, listener)`',
    places: ['message'],
    async use({ client, name }, { id }) {
      await client.publish(`${name}.plain`, JSON.stringify({ requestId: id }));
      return id;
    },
    wrong: {
      places: ['message'],
      recipe: '`context.run(values, handle)`',
      async use({ client, name }, { id }) {
        await client.publish(`${name}.carried`, JSON.stringify({ requestId: getRequestId() }));
        return id;
      },
    },
  },
];

export const redis: ClientSuite<Clients> = { name: 'redis', service: 'redis', open, close, cases };
