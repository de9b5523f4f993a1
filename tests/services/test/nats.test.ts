import type { Msg, NatsConnection } from '@nats-io/transport-node';
import * as transport from '@nats-io/transport-node';
import { record } from '@request-context/conformance/engine';
import * as classic from 'nats';
import { iterate, request, subscribe } from '../recipes/nats.ts';
import type { ClientCase } from '../src/run-case.ts';
import { services } from '../src/services.ts';
import { testClient } from '../src/test-client.ts';

interface Nats {
  readonly connection: NatsConnection;
  /** The prefix of the subjects. */
  readonly name: string;
}

type Connect = typeof transport.connect;

async function open(connect: Connect, name: string, withRecipe: boolean): Promise<Nats> {
  const connection = await connect({ servers: services.nats.url });
  const reply = (message: Msg) => void message.respond(message.data);
  const handle = (message: Msg) => {
    record(message.string(), 'message');
    reply(message);
  };
  const plain = (subject: string, task: (message: Msg) => void) =>
    connection.subscribe(subject, { callback: (_, message) => task(message) });
  const plainLoop = async () => {
    for await (const message of connection.subscribe(`${name}.loop`)) handle(message);
  };
  plain(`${name}.echo`, reply);
  if (withRecipe) {
    subscribe(connection, name, handle);
    void iterate(connection, `${name}.loop`, handle);
  } else {
    plain(name, handle);
    void plainLoop();
  }
  return { connection, name };
}

const cases: ClientCase<Nats>[] = [
  {
    title: '`await connection.request(subject)`',
    places: ['then', 'catch', 'flush'],
    async use({ connection, name }, { id, probe }) {
      const seen = await request(connection, `${name}.echo`, id);
      probe('then');
      await connection.request(`${name}.nobody`).catch(() => probe('catch'));
      await connection.flush();
      probe('flush');
      return seen;
    },
  },
  {
    title: '`for await (const reply of await connection.requestMany(subject))`',
    places: ['reply', 'end'],
    async use({ connection, name }, { id, probe }) {
      const options = { strategy: 'count', maxMessages: 1, maxWait: 10_000 } as const;
      let seen = 'nothing';
      for await (const reply of await connection.requestMany(`${name}.echo`, id, options)) {
        probe('reply');
        seen = reply.string();
      }
      probe('end');
      return seen;
    },
  },
  {
    title: '`for await (const message of connection.subscribe(subject))`, in a request',
    places: ['message', 'end'],
    async use({ connection }, { id, probe }) {
      const subscription = connection.subscribe(id, { max: 1 });
      connection.publish(id, id);
      let seen = 'nothing';
      for await (const message of subscription) {
        probe('message');
        seen = message.string();
      }
      probe('end');
      return seen;
    },
  },
  {
    title: '`connection.subscribe(subject, { callback })`, for a request that waits',
    places: ['message'],
    recipe: '`context.bind(callback)`',
    use: ({ connection }, { id, probe, bind }) =>
      new Promise((resolve) => {
        const callback = bind((_error: unknown, message: Msg) => {
          probe('message');
          resolve(message.string());
        });
        connection.subscribe(id, { max: 1, callback });
        connection.publish(id, id);
      }),
  },
  {
    title: '`connection.subscribe(subject, { callback })`',
    places: ['message'],
    recipe: '`withRequestContext(callback)`',
    use: ({ connection, name }, { id }) => request(connection, name, id),
  },
  {
    title: '`for await (const message of connection.subscribe(subject))`, for all',
    places: ['message'],
    recipe: '`runWithMessage(message, task)`',
    use: ({ connection, name }, { id }) => request(connection, `${name}.loop`, id),
  },
];

// Both packages have the same API.
for (const [name, connect] of [
  ['@nats-io/transport-node', transport.connect],
  ['nats', classic.connect as unknown as Connect],
] as const) {
  const suite = {
    open: (prefix: string, withRecipe: boolean) => open(connect, prefix, withRecipe),
    close: ({ connection }: Nats) => connection.drain(),
  };
  testClient(name, 'nats', suite, cases);
}
