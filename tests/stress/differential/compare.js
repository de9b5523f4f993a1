import { uuid } from '../../kit/uuid.js';

/**
 * Returns the sections of a run to compare: texts by name. `wrongIds` judges the ids, which only the run with the library
 * has.
 *
 * @param {any} app
 * @param {any} seen
 * @returns {Map<string, string>}
 */
export function sectionsOf(app, seen) {
  const sections = new Map();
  if (seen.failed !== undefined) {
    sections.set('process', `failed: ${seen.failed}`);
    return sections;
  }
  if (seen.ended !== undefined) sections.set('end', seen.ended);
  sections.set('open', seen.open);
  sections.set('changes', seen.changes);
  // The probe's data may come in one piece or two. Only its ids count.
  const ofProcess = (seen.ofProcess ?? []).filter(
    (/** @type {any} */ { track }) => track !== 'probe',
  );
  sections.set('process', linesOf(ofProcess).sort().join('\n'));
  for (const [n, { replies, ended }] of (seen.connections ?? []).entries()) {
    const texts = replies.map((/** @type {any} */ reply) => {
      const { ids, ...rest } = reply ?? {};
      return JSON.stringify(rest, undefined, 1);
    });
    sections.set(`connection ${n}`, `${texts.join('\n')}\nended by ${ended}`);
  }
  for (const [tag, { entries: all }] of Object.entries(seen.requests ?? {})) {
    const entries = all.filter((/** @type {any} */ { track }) => !isBypassed(app, track));
    // Each track separately too: timing may mix two tracks, but each must agree.
    for (const track of new Set(entries.map((/** @type {any} */ entry) => entry.track)))
      sections.set(
        `request ${tag} ${track}`,
        linesOf(entries.filter((/** @type {any} */ entry) => entry.track === track)).join('\n'),
      );
    sections.set(`request ${tag}`, linesOf(entries).join('\n'));
  }
  return sections;
}

/**
 * Returns whether an app's own `emit` on a request may bypass a wrapper that came later. It calls the `emit` that it
 * replaced. With the library, that one looks the wrapper up.
 *
 * @param {any} app
 * @param {string} track
 */
function isBypassed(app, track) {
  if (!/^wrapper \w+\.emit$/.test(track)) return false;
  const isLate = app.wrappers.some((/** @type {any} */ { when }) => when !== 'before');
  return isLate && JSON.stringify(app.connections).includes('"ownEmit"');
}

/** @param {import('./recorder.js').Entry[]} entries */
const linesOf = (entries) => entries.map(({ track, text }) => `${track}: ${text}`);

/**
 * Returns the names of the sections that differ.
 *
 * @param {Map<string, string>} a
 * @param {Map<string, string>} b
 */
export function differing(a, b) {
  return [...new Set([...a.keys(), ...b.keys()])].filter((name) => a.get(name) !== b.get(name));
}

/**
 * Returns the problems with the ids of a run. A problem of "a foreign id" or "the id of another" counts even once.
 *
 * @param {any} app
 * @param {any} seen - In the run with the library.
 * @returns {string[]}
 */
export function wrongIds(app, seen) {
  if (seen.requests === undefined) return [];
  /** @type {string[]} */
  const problems = [];
  for (const { track, id } of seen.ofProcess ?? []) {
    if (track === 'probe' && id !== undefined)
      problems.push(`a connection outside of all requests sees a foreign id: ${id}`);
  }
  /** The request that each id belongs to. @type {Map<string, string>} */
  const owners = new Map();
  for (const [tag, { entries, id: onRequest }] of Object.entries(seen.requests)) {
    // Requests without a tag.
    if (tag === '9.9') continue;
    const [connection = 0, n = 0] = tag.split('.').map(Number);
    const request = app.connections[connection]?.requests[n];
    const reply = repliesOf(app, seen, connection)[n];
    // A fresh id is known from `req.id` only.
    const known = expectedId(request, tag);
    const own = known ?? (onRequest === 'undefined' ? undefined : onRequest);
    if (known === undefined && own !== undefined && !uuid.test(own))
      problems.push(`request ${tag}: not fresh: ${own}`);
    /** @type {Set<string>} */
    const ids = new Set();
    for (const { id, must, track, text } of entries) {
      // Node may call the outermost wrapper from any scope.
      if (/^(?:wrapper|own-)/.test(track)) continue;
      // No middleware sees this plain socket: see docs/ordering.md.
      if (track === 'tunnel' && app.mount.by === 'middleware') continue;
      if (id !== undefined) ids.add(id);
      if (id === undefined && must) problems.push(`request ${tag}: no id at ${track}: ${text}`);
      if (id !== undefined && own !== undefined && id !== own)
        problems.push(`request ${tag}: a foreign id at ${track}: ${text}: ${id}`);
    }
    if (reply !== undefined && !isFromParser(reply)) for (const id of reply.ids) ids.add(id);
    if (own === undefined) {
      if (ids.size > 1) problems.push(`request ${tag}: several ids: ${[...ids].length}`);
      for (const id of ids) if (!uuid.test(id)) problems.push(`request ${tag}: not fresh: ${id}`);
    }
    for (const id of ids) {
      const owner = owners.get(id);
      if (owner !== undefined && owner !== tag)
        problems.push(`request ${tag}: has the id of another: ${id}`);
      owners.set(id, tag);
    }
    if (reply === undefined || isFromParser(reply)) continue;
    if (own !== undefined && reply.ids.some((/** @type {string} */ id) => id !== own))
      problems.push(`request ${tag}: a wrong id on the response: ${reply.ids}`);
    if (reply.ids.length > 1)
      problems.push(`request ${tag}: ${reply.ids.length} ids on the response`);
    // A tunnel's raw response may arrive before the response to an earlier request.
    const hasTunnel = app.connections[connection]?.requests.some(
      (/** @type {any} */ { upgrade }) => upgrade,
    );
    const isEntered = entries.some((/** @type {any} */ { must }) => must);
    if (isEntered && !hasTunnel && reply.ids.length === 0 && isResponse(reply.line))
      problems.push(`request ${tag}: no id on the response`);
  }
  return problems;
}

/** @param {any} request @param {string} tag */
function expectedId(request, tag) {
  return request !== undefined && request.hostile === undefined && request.id === 'good'
    ? `id-${tag}`
    : undefined;
}

/**
 * Returns whether the parser refused what came next on the connection. Node or Fastify's clientError listener then writes
 * to the socket, without a date, and with another id or none.
 *
 * @param {any} reply
 */
function isFromParser({ line, headers }) {
  const hasDate = headers.some((/** @type {string} */ header) => header.startsWith('Date:'));
  return /^HTTP\/1\.1 4(?:00|08|13|31) /.test(line) && !hasDate;
}

/** @param {string} line */
function isResponse(line) {
  return /^HTTP\/1\.[01] [2-5]\d\d/.test(line) || /^[2-5]\d\d$/.test(line);
}

/**
 * Returns the final response to each request of a connection, without informational ones.
 *
 * @param {any} app
 * @param {any} seen
 * @param {number} connection
 * @returns {any[]}
 */
function repliesOf(app, seen, connection) {
  const { replies } = seen.connections?.[connection] ?? { replies: [] };
  const isHttp1 = app.transport.startsWith('http') || app.connections[connection]?.isHttp1;
  if (app.transport === 'h2c' || !isHttp1) return replies;
  return replies.filter((/** @type {any} */ { line }) => isResponse(line));
}

/**
 * Returns the first lines that differ, for a report.
 *
 * @param {string | undefined} without
 * @param {string | undefined} within
 */
export function firstDifference(without, within) {
  const [a, b] = [without?.split('\n') ?? ['(nothing)'], within?.split('\n') ?? ['(nothing)']];
  const at = a.findIndex((line, n) => line !== b[n]);
  const start = at < 0 ? a.length : at;
  return { without: a[start] ?? '(ends)', with: b[start] ?? '(ends)' };
}
