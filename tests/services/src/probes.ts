import { setTimeout as delay } from 'node:timers/promises';
import type { Note } from './types.ts';

/** How probes came out. */
export interface Tally {
  right: number;
  /** Nothing where the request's own id should have been. */
  lost: number;
  /** The id of another request. */
  foreign: number;
}

export function newTally(): Tally {
  return { right: 0, lost: 0, foreign: 0 };
}

/** The probes of some requests. */
export interface Probes {
  readonly note: Note;
  /** Waits until every request has come by every place, but not for ever. */
  complete(places: readonly string[], patience: number): Promise<void>;
  /** The places that a request never came by. */
  missing(places: readonly string[]): string[];
  /** How each place came out, over all requests. */
  tallies(): Map<string, Tally>;
}

/** Which id was current at a place in the code, of a request that should have seen its own. */
interface Probe {
  readonly place: string;
  readonly actual: string | undefined;
}

/** Collects what is noted of the requests that sent these ids. */
export function collectProbes(ids: readonly string[]): Probes {
  const noted = new Map<string, Probe[]>(ids.map((id) => [id, []]));

  function note(id: string, place: string, actual: string | undefined): void {
    const probes = noted.get(id);
    if (probes === undefined) throw new Error(`${place}: no request sent ${id}`);
    probes.push({ place, actual });
  }

  function missing(places: readonly string[]): string[] {
    const all = [...noted.values()];
    return places.filter((place) =>
      all.some((probes) => !probes.some((probe) => probe.place === place)),
    );
  }

  async function complete(places: readonly string[], patience: number): Promise<void> {
    const deadline = Date.now() + patience;
    while (missing(places).length > 0 && Date.now() < deadline) await delay(5);
  }

  function tallies(): Map<string, Tally> {
    const tallies = new Map<string, Tally>();
    for (const [id, probes] of noted) {
      for (const { place, actual } of probes) {
        const tally = tallies.get(place) ?? newTally();
        tallies.set(place, tally);
        tally[judge(id, actual)] += 1;
      }
    }
    return tallies;
  }

  return { note, complete, missing, tallies };
}

function judge(expected: string, actual: string | undefined): keyof Tally {
  if (actual === expected) return 'right';
  return actual === undefined ? 'lost' : 'foreign';
}
