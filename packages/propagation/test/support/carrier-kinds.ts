import { runInNewContext } from 'node:vm';
import { headers as natsHeaders } from '@nats-io/nats-core';
import { AxiosHeaders } from 'axios';
import { Headers as UndiciHeaders } from 'undici';

// Values that the tests put into the context beside the id.
declare module '@request-context/core' {
  interface ContextValues {
    tenant: unknown;
    plan: unknown;
  }
}

type Pair = readonly [name: string, value: string];

/** A kind of carrier: makes one of headers, and lists what one holds. */
interface CarrierKind {
  make(headers: readonly Pair[]): object;
  list(carrier: never): Pair[];
}

/** The shape of gRPC's `Metadata`: names in any case, and `get` returns an array. */
class Metadata {
  readonly #values = new Map<string, string[]>();
  get(name: string): string[] {
    return this.#values.get(name.toLowerCase()) ?? [];
  }
  set(name: string, value: string): void {
    this.#values.set(name.toLowerCase(), [value]);
  }
  list(): Pair[] {
    return Array.from(this.#values, ([name, values]) => [name, values.join(',')]);
  }
}

/** A message class with its headers as own properties. */
class Message {}

type Bytes = Buffer | string;
const textsOf = (value: unknown): string =>
  [value]
    .flat()
    .map((one) => (typeof one === 'string' ? one : Buffer.from(one as Buffer)))
    .join();
const ofObject: CarrierKind['list'] = (carrier: object) =>
  Object.entries(carrier).map(([name, value]) => [name, textsOf(value)]);
const ofIterable: CarrierKind['list'] = (carrier: Iterable<readonly [unknown, unknown]>) =>
  Array.from(carrier, ([name, value]) => [textsOf(name), textsOf(value)]);

function withSet<C extends { set(name: string, value: string): unknown }>(
  create: () => C,
): CarrierKind['make'] {
  return (pairs) => {
    const carrier = create();
    for (const [name, value] of pairs) carrier.set(name, value);
    return carrier;
  };
}

/** Every kind of carrier. */
export const carrierKinds: Record<string, CarrierKind> = {
  'a plain object': { make: (pairs) => Object.fromEntries(pairs), list: ofObject },
  'an object without a prototype': {
    make: (pairs) => Object.assign(Object.create(null), Object.fromEntries(pairs)),
    list: ofObject,
  },
  'an instance with properties': {
    make: (pairs) => Object.assign(new Message(), Object.fromEntries(pairs)),
    list: ofObject,
  },
  'an object with headers named get and set': {
    make: (pairs) => ({ get: 'x', set: 'y', ...Object.fromEntries(pairs) }),
    list: (carrier: object) =>
      (ofObject(carrier as never) as Pair[]).filter(([name]) => !/^[gs]et$/.test(name)),
  },
  'an object of Buffers (kafkajs)': {
    make: (pairs) => Object.fromEntries(pairs.map(([name, value]) => [name, Buffer.from(value)])),
    list: ofObject,
  },
  'an object of lists (kafkajs)': {
    make: (pairs) => Object.fromEntries(pairs.map(([name, value]) => [name, [Buffer.from(value)]])),
    list: ofObject,
  },
  'a list of objects (librdkafka)': {
    make: (pairs) => pairs.map(([name, value]) => ({ [name]: Buffer.from(value) })),
    list: (carrier: object[]) =>
      carrier.flatMap((entry) => ofObject(entry as never) as readonly Pair[]),
  },
  'a Map': { make: (pairs) => new Map(pairs), list: ofIterable },
  'a Map of Buffers (@platformatic/kafka)': {
    make: (pairs) =>
      new Map<Bytes, Bytes>(pairs.map(([name, value]) => [Buffer.from(name), Buffer.from(value)])),
    list: ofIterable,
  },
  'an array of pairs': { make: (pairs) => pairs.map((pair) => [...pair]), list: ofIterable },
  'an array of pairs of Buffers': {
    make: (pairs) => pairs.map((pair) => pair.map((text) => Buffer.from(text))),
    list: ofIterable,
  },
  Headers: { make: withSet(() => new Headers()), list: ofIterable },
  "undici's Headers": { make: withSet(() => new UndiciHeaders()), list: ofIterable },
  AxiosHeaders: { make: withSet(() => new AxiosHeaders()), list: ofIterable },
  "NATS's headers": { make: withSet(() => natsHeaders()), list: ofIterable },
  "an instance with get and set (gRPC's Metadata)": {
    make: withSet(() => new Metadata()),
    list: (carrier: Metadata) => carrier.list(),
  },
  'a plain object of another realm': {
    make: (pairs) => Object.assign(runInNewContext('({})'), Object.fromEntries(pairs)),
    list: ofObject,
  },
  'a Map of another realm': {
    make: withSet(() => runInNewContext('new Map()') as Map<string, string>),
    list: ofIterable,
  },
  'an array and bytes of another realm': {
    make: (pairs) => {
      const make = runInNewContext(
        '(pairs) => Array.from(pairs, ([name, bytes]) => [name, Uint8Array.from(bytes)])',
      );
      return make(pairs.map(([name, value]) => [name, Buffer.from(value)]));
    },
    list: ofIterable,
  },
};

/** Returns all that a carrier has under a name, in upper or lower case. */
export function valuesUnder(kind: CarrierKind, carrier: object, name: string): string[] {
  return kind
    .list(carrier as never)
    .filter(([key]) => key.toLowerCase() === name.toLowerCase())
    .map(([, value]) => value);
}
