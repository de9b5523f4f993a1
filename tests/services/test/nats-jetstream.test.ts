import { AckPolicy, type Consumer, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, headers, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { record } from '@request-context/conformance/engine';
import { context, getRequestId, newRequestId } from '@request-context/core';
import {
  messageHeaders,
  runWithMessage,
  withRequestContext,
} from '@request-context/propagation/nats';
import * as classic from 'nats';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { add, listen, work } from '../recipes/nats-jetstream.ts';
import type { ClientCase, ClientSuite } from '../src/run-case.ts';
import { services } from '../src/services.ts';
import { testCases, withService } from '../src/test-client.ts';

interface Clients {
  readonly connection: NatsConnection;
  /** The name of a stream, and the prefix of its subjects. */
  readonly name: string;
}

/** Returns a consumer of all messages of a subject. */
async function consumerOf(
  connection: NatsConnection,
  name: string,
  subject: string,
): Promise<Consumer> {
  const manager = await jetstreamManager(connection);
  const { name: consumer } = await manager.consumers.add(name, {
    ack_policy: AckPolicy.Explicit,
    filter_subject: subject,
  });
  return jetstream(connection).consumers.get(name, consumer);
}

const suite: ClientSuite<Clients> = {
  async open(name) {
    const connection = await connect({ servers: services.nats.url });
    const manager = await jetstreamManager(connection);
    await manager.streams.add({ name, subjects: [`${name}.*`] });
    const failed = new Set<string>();
    void work(await consumerOf(connection, name, `${name}.loop`), async (message) => {
      await new Promise(setImmediate);
      const id = message.string();
      record(id, failed.has(id) ? 'again' : 'first');
      if (failed.has(id)) return;
      failed.add(id);
      throw new Error('tried once');
    });
    await listen(await consumerOf(connection, name, `${name}.callback`), (message) => {
      record(message.string(), 'callback');
    });
    return { connection, name };
  },
  async close({ connection, name }) {
    const manager = await jetstreamManager(connection);
    await manager.streams.delete(name);
    await connection.close();
  },
};

const cases: ClientCase<Clients>[] = [
  {
    title: 'a loop over a consumer, each message delivered twice',
    places: ['first', 'again'],
    async use({ connection, name }, { id }) {
      await add(jetstream(connection), `${name}.loop`, id);
      return id;
    },
  },
  {
    title: 'the callback of a consumer',
    places: ['callback'],
    async use({ connection, name }, { id }) {
      await add(jetstream(connection), `${name}.callback`, id);
      return id;
    },
  },
];

testCases('JetStream', 'nats', suite, cases);

const packages = [
  ['@nats-io/transport-node', connect, headers],
  ['nats', classic.connect, classic.headers],
] as unknown as [string, typeof connect, typeof headers][];

withService('nats', '@request-context/propagation/nats', () => {
  /** Runs a task as a part of a request. */
  const inRequest = <T>(task: () => T) => context.run({ requestId: 'opener' }, task);

  for (const [name, connect, headers] of packages) {
    withService('nats', `with ${name}`, () => {
      let connection: NatsConnection;
      let subject: string;
      beforeAll(async () => {
        connection = await inRequest(() => connect({ servers: services.nats.url }));
        subject = `rc.${newRequestId()}`;
      });
      afterAll(() => connection.close());

      /** Returns what the handler returns for one message, of a subscription that a request opens. */
      function handleOne<T>(send: () => void, handle: () => T): Promise<T> {
        return new Promise((resolve) => {
          const callback = withRequestContext(() => resolve(handle()));
          inRequest(() => connection.subscribe(subject, { max: 1, callback }));
          send();
        });
      }

      it.each(['X-Request-ID', 'x-request-id', 'X-Request-Id'])(
        'find the header %s',
        async (id) => {
          const carrier = headers();
          carrier.set(id, 'id-1');
          const send = () => connection.publish(subject, '', { headers: carrier });
          expect(await handleOne(send, getRequestId)).toBe('id-1');
        },
      );

      it('run under a fresh id for a message without headers', async () => {
        const id = await handleOne(() => connection.publish(subject, ''), getRequestId);
        expect(id).toMatch(/^[0-9a-f-]{36}$/);
      });

      it('run under a fresh id for a header that is sent twice', async () => {
        const carrier = headers();
        carrier.append('X-Request-ID', 'id-1');
        carrier.append('X-Request-ID', 'id-2');
        const send = () => connection.publish(subject, '', { headers: carrier });
        expect(await handleOne(send, getRequestId)).toMatch(/^[0-9a-f-]{36}$/);
      });

      it("keep the caller's own headers, and several values of one", async () => {
        const carrier = headers();
        carrier.append('Trace', '1');
        carrier.append('Trace', '2');
        const [sent, seen] = await new Promise<[string[], unknown]>((resolve) => {
          const callback = withRequestContext((_error: Error | null, { headers }: Msg) =>
            resolve([headers?.values('Trace') ?? [], context.toObject()]),
          );
          connection.subscribe(subject, { max: 1, callback });
          context.run({ requestId: 'id-1' }, () => {
            connection.publish(subject, '', { headers: messageHeaders(carrier) });
          });
        });
        expect(sent).toEqual(['1', '2']);
        expect(seen).toEqual({ requestId: 'id-1' });
        expect(carrier.has('X-Request-ID')).toBe(false);
      });

      it('call a subscription that times out with its error, outside of any scope', async () => {
        const seen = await new Promise((resolve) => {
          const callback = withRequestContext((error: Error | null) =>
            resolve({ error, active: context.active }),
          );
          inRequest(() => connection.subscribe(subject, { timeout: 1, callback }));
        });
        expect(seen).toEqual({ error: expect.any(Error), active: false });
      });
    });
  }

  it("reply to a request under the requester's id, and under its own afterwards", async () => {
    const connection = await connect({ servers: services.nats.url });
    const subject = `rc.${newRequestId()}`;
    const serve = async () => {
      for await (const message of connection.subscribe(subject)) {
        await runWithMessage(message, async () => {
          await new Promise(setImmediate);
          message.respond(getRequestId());
        });
        message.respond(String(getRequestId()));
      }
    };
    void inRequest(serve);
    const ask = (requestId: string) =>
      context.run({ requestId }, async () => {
        const options = { headers: messageHeaders(headers()), timeout: 10_000 };
        const reply = await connection.request(subject, '', options);
        return [reply.string(), getRequestId()];
      });
    expect(await Promise.all([ask('id-1'), ask('id-2')])).toEqual([
      ['id-1', 'id-1'],
      ['id-2', 'id-2'],
    ]);
    await connection.close();
  });

  it('run the endpoints of a service under the id of each request', async () => {
    const connection = await classic.connect({ servers: services.nats.url });
    const name = `rc-${newRequestId()}`;
    const service = await inRequest(() => connection.services.add({ name, version: '1.0.0' }));
    service.addEndpoint(
      name,
      withRequestContext((_error: Error | null, message: classic.ServiceMsg) => {
        message.respond(getRequestId() ?? '');
      }),
    );
    const ids = Array.from({ length: 200 }, () => newRequestId());
    const replies = ids.map((requestId) =>
      context.run({ requestId }, async () => {
        const options = { headers: messageHeaders(classic.headers()), timeout: 10_000 };
        return (await connection.request(name, '', options)).string();
      }),
    );
    expect(await Promise.all(replies)).toEqual(ids);
    await connection.close();
  });

  it("run under a fresh id with `id: 'child'`, once for each delivery", async () => {
    const { connection, name } = await suite.open(`rc_${newRequestId()}`, true);
    const consumer = await consumerOf(connection, name, `${name}.child`);
    const client = jetstream(connection);
    await context.run({ requestId: 'id-1' }, () => add(client, `${name}.child`, ''));
    const seen: object[] = [];
    for await (const message of await consumer.consume()) {
      runWithMessage(message, () => seen.push(context.toObject()), { id: 'child' });
      if (seen.length === 2) break;
      message.nak();
    }
    const [first, second] = seen as { requestId: string; parentRequestId: string }[];
    expect(first?.parentRequestId).toBe('id-1');
    expect(second?.parentRequestId).toBe('id-1');
    expect(first?.requestId).not.toBe(second?.requestId);
    await suite.close({ connection, name });
  });
});
