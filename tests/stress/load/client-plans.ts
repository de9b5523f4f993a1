import { type Departure, departures, talkativeDepartures } from './departures.ts';
import type { Expected } from './describe-mismatch.ts';

/** What a client sends on one connection, how it leaves, and the responses that it receives if it waits. */
export interface ClientPlan {
  bytes: string;
  expected: readonly Expected[];
  depart: Departure;
}

type Kind = (id: string) => Pick<ClientPlan, 'bytes' | 'expected'>;

/** Returns a function that plans for the n-th client. Neighbours have different plans. */
function pick(
  kinds: readonly Kind[],
  ways: Record<string, Departure>,
): (n: number, id: string) => ClientPlan {
  const all = Object.values(ways).flatMap((depart) => kinds.map((kind) => ({ kind, depart })));
  return (n, id) => {
    const { kind, depart } = all[n % all.length] as (typeof all)[number];
    return { ...kind(id), depart };
  };
}

const heads = [
  'GET /ok HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n',
  'CONNECT x:443 HTTP/1.1\r\nHost: x\r\n',
];

/** Upgrades and CONNECTs: with an invalid id, without an id where `generate` throws, with a valid id. */
export const handovers: (n: number, id: string) => ClientPlan = pick(
  heads.flatMap((head): Kind[] => [
    (id) => ({
      bytes: `${head}X-Request-ID: ${id} bad!\r\n\r\n`,
      expected: [{ id: undefined, status: 400 }],
    }),
    () => ({
      bytes: `${head}X-Generate: throws\r\n\r\n`,
      expected: [{ id: undefined, status: 500 }],
    }),
    (id) => ({ bytes: `${head}X-Request-ID: ${id}\r\n\r\n`, expected: [{ id, status: 403 }] }),
  ]),
  talkativeDepartures,
);

const outcomes = {
  first: { status: 200 },
  ok: { status: 200 },
  half: { status: 200, isCut: true },
  ended: { status: 200 },
  throws: { status: 500 },
  rejects: { status: 500 },
};

type Path = keyof typeof outcomes;

/** How a request fails. The other requests of its connection must not notice. */
export type Failure = 'half' | 'ended' | 'throws' | 'rejects';

function pipeline(paths: readonly Path[]): Kind {
  return (id) => {
    const requests = paths.map((path, n) => {
      const close = n === paths.length - 1 ? 'Connection: close\r\n' : '';
      return `GET /${path} HTTP/1.1\r\nHost: x\r\nX-Request-ID: ${id}-${n}\r\n${close}\r\n`;
    });
    const expected = paths.map((path, n) => ({ id: `${id}-${n}`, ...outcomes[path] }));
    const cut = paths.indexOf('half');
    return {
      bytes: requests.join(''),
      expected: cut === -1 ? expected : expected.slice(0, cut + 1),
    };
  };
}

/** Pipelined requests of which one fails: in its turn, and before its turn. */
export const pipelines = (failures: readonly Failure[]): ((n: number, id: string) => ClientPlan) =>
  pick(
    failures.flatMap((failure) => [
      pipeline(['first', failure, 'ok', 'ok']),
      pipeline([failure, 'ok', 'ok']),
    ]),
    departures,
  );
