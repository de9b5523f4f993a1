/**
 * What one app did, in the order in which it was done: a list for each request, and one for the process.
 *
 * @typedef {object} Entry
 * @property {string} track - Who saw it: `handler`, `req`, `res`, `callback`, `wrapper`, `log` ...
 * @property {string} text - What was seen; the same with and without the library.
 * @property {string} [id] - What `getRequestId()` returned there.
 * @property {boolean} [must] - Whether there has to be an id.
 */

/** What is called in the request's scope whatever the handler has lost. */
const bound = new Set(['req', 'res', 'callback', 'server', 'tunnel']);

/** Of a request's own entries, and what is known of it. */
class RequestRecord {
  /** @type {Entry[]} */
  entries = [];
  /** Whether the library has opened the request's scope. */
  isEntered = false;
  /** Whether a queue that binds nothing has called the handler: the id may be missing since. */
  isLost = false;
  /** @type {unknown} */
  id = undefined;
}

export class Recorder {
  /** @type {Map<string, RequestRecord>} */
  requests = new Map();
  /** @type {Entry[]} */
  ofProcess = [];
  /** Counts up with everything that happens, so that rest can be told from work. */
  activity = 0;
  /** How many handlers, and parts of them, have still something to do. */
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
   * @param {string | undefined} tag - The request's; what belongs to none is the process's.
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
 * The tag of a request, which its URL carries.
 *
 * @param {{ url?: string | undefined, originalUrl?: string } | undefined | null} req
 * @returns {string | undefined}
 */
export function tagOf(req) {
  const url = req?.originalUrl ?? req?.url;
  return /[?&]t=(\d+\.\d+)/.exec(String(url))?.[1];
}

/**
 * An error in one line, without what changes from run to run.
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
