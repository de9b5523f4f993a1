import { once } from 'node:events';
import {
  Client,
  credentials,
  Metadata,
  makeClientConstructor,
  Server,
  ServerCredentials,
} from '@grpc/grpc-js';
import { context, getRequestId } from '@request-context/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uuid } from '../../../tests/kit/uuid.js';
import { clientInterceptor, serverInterceptor } from '../recipes/grpc.js';

/** @param {unknown} value */
const serialize = (value) => Buffer.from(JSON.stringify(value));
/** @param {Buffer} bytes */
const deserialize = (bytes) => JSON.parse(bytes.toString());

/** @param {string} name @param {boolean} requestStream @param {boolean} responseStream */
const method = (name, requestStream, responseStream) => ({
  path: `/Ids/${name}`,
  requestStream,
  responseStream,
  requestSerialize: serialize,
  requestDeserialize: deserialize,
  responseSerialize: serialize,
  responseDeserialize: deserialize,
});

const definition = {
  unary: method('unary', false, false),
  collect: method('collect', true, false),
  list: method('list', false, true),
  chat: method('chat', true, true),
  wait: method('wait', false, true),
};

const tick = () => new Promise((resolve) => setTimeout(resolve, 1));

/**
 * Called with the id in the event 'cancelled' of the method `wait`.
 *
 * @type {(id: unknown) => void}
 */
let onCancelled = () => {};

/** What each method responds with: the ids at each of its steps. */
const implementation = {
  /** @param {any} _call @param {(error: null, ids: unknown[]) => void} callback */
  async unary(_call, callback) {
    const ids = [getRequestId()];
    await tick();
    callback(null, [...ids, getRequestId()]);
  },
  /** @param {any} call @param {(error: null, ids: unknown[]) => void} callback */
  collect(call, callback) {
    const ids = [getRequestId()];
    call.on('data', () => ids.push(getRequestId()));
    call.on('end', () => callback(null, [...ids, getRequestId()]));
  },
  /** @param {any} call */
  async list(call) {
    call.write(getRequestId());
    await tick();
    call.write(getRequestId());
    call.end();
  },
  /** @param {any} call */
  chat(call) {
    call.on('data', () => call.write(getRequestId()));
    call.on('end', () => {
      call.write(getRequestId());
      call.end();
    });
  },
  /** @param {any} call */
  wait(call) {
    context.bindEmitter(call).on('cancelled', () => onCancelled(getRequestId()));
    call.write('waiting');
  },
};

const Ids = makeClientConstructor(definition, 'Ids');

describe('grpc', () => {
  const server = new Server({ interceptors: [serverInterceptor] });
  /** @type {any} */
  let client;
  /** @type {any} */
  let plain;

  beforeAll(async () => {
    server.addService(definition, implementation);
    const port = await new Promise((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
        error === null ? resolve(port) : reject(error),
      ),
    );
    const address = `127.0.0.1:${port}`;
    // Both clients' connections are opened inside of a request.
    await context.run({ requestId: 'opener' }, async () => {
      client = new Ids(address, credentials.createInsecure(), {
        interceptors: [clientInterceptor],
      });
      plain = new Ids(address, credentials.createInsecure());
      for (const each of [client, plain]) {
        await new Promise((resolve) => Client.prototype.waitForReady.call(each, Infinity, resolve));
      }
    });
  });

  afterAll(() => {
    client.close();
    plain.close();
    server.forceShutdown();
  });

  /**
   * Makes one call. Returns the ids that the server saw, and those of the callbacks here.
   *
   * @type {Record<string, (client: any, metadata?: Metadata) => Promise<{ there: unknown[], here: unknown[] }>>}
   */
  const calls = {
    unary: (client, metadata = new Metadata()) =>
      new Promise((resolve, reject) =>
        client.unary(
          'a',
          metadata,
          (/** @type {Error | null} */ error, /** @type {any} */ there) =>
            error === null ? resolve({ there, here: [getRequestId()] }) : reject(error),
        ),
      ),
    collect: (client, metadata = new Metadata()) =>
      new Promise((resolve, reject) => {
        const call = client.collect(
          metadata,
          (/** @type {Error | null} */ error, /** @type {any} */ there) =>
            error === null ? resolve({ there, here: [getRequestId()] }) : reject(error),
        );
        call.write('a');
        call.write('b');
        call.end();
      }),
    list: (client, metadata = new Metadata()) => read(client.list('a', metadata)),
    chat: async (client, metadata = new Metadata()) => {
      const call = client.chat(metadata);
      call.write('a');
      call.write('b');
      call.end();
      return read(call);
    },
  };

  /** @param {import('node:events').EventEmitter} call */
  async function read(call) {
    /** @type {unknown[]} */
    const there = [];
    /** @type {unknown[]} */
    const here = [];
    call.on('data', (id) => {
      there.push(id);
      here.push(getRequestId());
    });
    await once(call, 'end');
    return { there, here };
  }

  it.each(Object.keys(calls))(
    'carry the id in 100 calls at once, in every step of the method %s',
    async (name) => {
      const ids = Array.from({ length: 100 }, (_, n) => `${name}-${n}`);
      const seen = await Promise.all(
        ids.map((requestId) => context.run({ requestId }, () => calls[name]?.(client))),
      );
      for (const [n, id] of ids.entries()) {
        expect(seen[n]?.there.length).toBeGreaterThan(1);
        expect(new Set(seen[n]?.there)).toEqual(new Set([id]));
        expect(new Set(seen[n]?.here)).toEqual(new Set([id]));
      }
    },
  );

  it.each(Object.keys(calls))(
    'handle a call without an id under a fresh one, in the method %s',
    async (name) => {
      const seen = await context.run({ requestId: 'asker' }, () => calls[name]?.(plain));
      expect([...new Set(seen?.there)]).toEqual([expect.stringMatching(uuid)]);
    },
  );

  it("have the id in the event 'cancelled' of a call that is bound", async () => {
    const seen = new Promise((resolve) => {
      onCancelled = resolve;
    });
    const call = context.run({ requestId: 'myid' }, () => client.wait('a', new Metadata()));
    call.on('error', () => {});
    call.on('data', () => call.cancel());
    expect(await seen).toBe('myid');
  });

  it('not leave the id in Metadata that several calls share', async () => {
    const metadata = new Metadata();
    const ids = ['first', 'second'];
    for (const requestId of ids) {
      const seen = await context.run({ requestId }, () => calls.unary?.(client, metadata));
      expect(seen?.there).toEqual([requestId, requestId]);
    }
    expect(metadata.getMap()).toEqual({});
  });
});
