/**
 * One observation of an app. Each request has a list in chronological order, and the process has one.
 *
 * @typedef {object} Entry
 * @property {string} track - Where it was seen: `handler`, `req`, `res`, `callback`, `wrapper`, `log` ...
 * @property {string} text - What was seen; the same with and without the library.
 * @property {string} [id] - What `getRequestId()` returned there.
 * @property {boolean} [must] - Whether there must be an id.
 */

/** Tracks that run in the request's scope even if the handler has lost it. */
const bound = new Set(['req', 'res', 'callback', 'server', 'tunnel']);

/** A request's entries, and its state. */
class RequestRecord {
  /** @type {Entry[]} */
  entries = [];
  /** Whether the library has opened the request's scope. */
  isEntered = false;
  /** Whether an unbound queue has called the handler, so that the id may be missing since. */
  isLost = false;
  /** @type {unknown} */
  id = undefined;
}

export class Recorder {
  /** @type {Map<string, RequestRecord>} */
  requests = new Map();
  /** @type {Entry[]} */
  ofProcess = [];
  /** Counts everything that happens. An app whose count stands still is at rest. */
  activity = 0;
  /** The number of handlers, and parts of handlers, that still run. */
  pending = 0;
  /** @type {() => string | undefined} */
  #getId;

  /** @param {() => string | undefined} getId */
  constructor(getId) {
    this.#getId = getId;
  }

  /** @param {string} tag */
  of(tag) {
    let record = this.requests.get(tag);
    if (record === undefined) {
      record = new RequestRecord();
      this.requests.set(tag, record);
    }
    return record;
  }

  /**
   * @param {string | undefined} tag - The request's tag; undefined for an entry of the process.
   * @param {string} track
   * @param {string} text
   * @param {boolean} [mayBeAbsent] - Whether the id may be missing, though the scope is open.
   */
  note(tag, track, text, mayBeAbsent = false) {
    this.activity += 1;
    const id = this.#getId();
    const record = tag === undefined ? undefined : this.of(tag);
    const isLost = record?.isLost === true && !bound.has(track);
    const must = record?.isEntered === true && !mayBeAbsent && !isLost;
    /** @type {Entry} */
    const entry = { track, text };
    if (id !== undefined) entry.id = id;
    if (must) entry.must = true;
    (record?.entries ?? this.ofProcess).push(entry);
  }
}

/**
 * Returns the tag that a request's URL carries.
 *
 * @param {{ url?: string | undefined, originalUrl?: string } | undefined | null} req
 * @returns {string | undefined}
 */
export function tagOf(req) {
  const url = req?.originalUrl ?? req?.url;
  return /[?&]t=(\d+\.\d+)/.exec(String(url))?.[1];
}

/**
 * Returns an error as one line, without what changes from run to run.
 *
 * @param {unknown} error
 */
export function describe(error) {
  if (!(error instanceof Error)) return `not an error: ${String(error)}`;
  const { code } = /** @type {Error & { code?: unknown }} */ (error);
  const message = error.message
    .split('\n', 1)
    .join()
    .replace(/127\.0\.0\.1:\d+/g, 'host:port');
  return `${error.name} ${code === undefined ? '' : `${String(code)} `}${message}`;
}
