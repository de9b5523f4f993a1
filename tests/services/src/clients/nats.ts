import * as transport from '@nats-io/transport-node';
import { headers, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { context, getRequestId, newRequestId } from '@request-context/core';
import * as classic from 'nats';
import { services } from '../services.ts';
import type { ClientCase, ClientSuite, Exchange, Note } from '../types.ts';

interface Nats {
  readonly connection: NatsConnection;
  /** The prefix of the subjects. */
  readonly name: string;
}

type Connect = typeof transport.connect;
type Responder = (
  connection: NatsConnection,
  subject: string,
  handle: (message: Msg) => void,
) => void;

/** What listens on which subject. */
const responders: Readonly<Record<string, Responder>> = {
  plain: respondPlainly,
  carried: respond,
  'iterated.plain': iteratePlainly,
  'iterated.carried': iterate,
};

async function open(connect: Connect, name: string, note: Note): Promise<Nats> {
  const connection = await connect({ servers: services.nats.url });
  for (const [subject, respondTo] of Object.entries(responders)) {
    respondTo(connection, `${name}.${subject}`, (message) => {
      note(message.string(), 'message', getRequestId());
      message.respond(message.data);
    });
  }
  respondPlainly(connection, `${name}.echo`, (message) => message.respond(message.data));
  return { connection, name };
}

function respondPlainly(
  connection: NatsConnection,
  subject: string,
  handle: (message: Msg) => void,
): void {
  connection.subscribe(subject, { callback: (_, message) => handle(message) });
}

function respond(
  connection: NatsConnection,
  subject: string,
  handle: (message: Msg) => void,
): void {
  connection.subscribe(subject, {
    callback(_, message) {
      const requestId = message.headers?.get('X-Request-ID') || newRequestId();
      context.run({ requestId }, () => handle(message));
    },
  });
}

async function iteratePlainly(
  connection: NatsConnection,
  subject: string,
  handle: (message: Msg) => void,
): Promise<void> {
  for await (const message of connection.subscribe(subject)) handle(message);
}

async function iterate(
  connection: NatsConnection,
  subject: string,
  handle: (message: Msg) => void,
): Promise<void> {
  for await (const message of connection.subscribe(subject)) {
    const requestId = message.headers?.get('X-Request-ID') || newRequestId();
    context.run({ requestId }, () => handle(message));
  }
}

async function request(connection: NatsConnection, subject: string, body: string): Promise<string> {
  const carrier = headers();
  carrier.set('X-Request-ID', getRequestId() ?? '');
  const answer = await connection.request(subject, body, { headers: carrier, timeout: 10_000 });
  return answer.string();
}

function waitForMessage(
  { connection }: Nats,
  { id }: Exchange,
  listener: () => void,
): Promise<string> {
  return new Promise((resolve) => {
    connection.subscribe(id, {
      max: 1,
      callback(_, message) {
        listener();
        resolve(message.string());
      },
    });
    connection.publish(id, id);
  });
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
    title: '`for await (const answer of await connection.requestMany(subject))`',
    places: ['answer', 'end'],
    async use({ connection, name }, { id, probe }) {
      const options = { strategy: 'count', maxMessages: 1, maxWait: 10_000 } as const;
      let seen = 'nothing';
      for await (const answer of await connection.requestMany(`${name}.echo`, id, options)) {
        probe('answer');
        seen = answer.string();
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
    use: (nats, exchange) => waitForMessage(nats, exchange, () => exchange.probe('message')),
    wrong: {
      places: ['message'],
      recipe: '`context.bind(callback)`',
      use(nats, exchange) {
        const callback = context.bind(() => exchange.probe('message'));
        return waitForMessage(nats, exchange, callback);
      },
    },
  },
  {
    title: '`connection.subscribe(subject, { callback })`',
    places: ['message'],
    use: ({ connection, name }, { id }) => request(connection, `${name}.plain`, id),
    wrong: {
      places: ['message'],
      recipe: '`context.run(values, handle)`',
      use: ({ connection, name }, { id }) => request(connection, `${name}.carried`, id),
    },
  },
  {
    title: '`for await (const message of connection.subscribe(subject))`, for all',
    places: ['message'],
    use: ({ connection, name }, { id }) => request(connection, `${name}.iterated.plain`, id),
    wrong: {
      places: ['message'],
      recipe: '`context.run(values, handle)`',
      use: ({ connection, name }, { id }) => request(connection, `${name}.iterated.carried`, id),
    },
  },
];

/** Both packages have the same API. */
function suite(name: string, connect: Connect): ClientSuite<Nats> {
  return {
    name,
    service: 'nats',
    open: (prefix, note) => open(connect, prefix, note),
    close: ({ connection }) => connection.drain(),
    cases,
  };
}

export const nats: ClientSuite<Nats> = suite('@nats-io/transport-node', transport.connect);
export const natsClassic: ClientSuite<Nats> = suite('nats', classic.connect as unknown as Connect);
