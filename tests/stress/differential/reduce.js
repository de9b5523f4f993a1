/** The plainest value of each option. @type {Record<string, unknown>} */
const plainest = {
  isFirst: false,
  domain: 'none',
  catches: 'listener',
  isSerial: true,
  isPipelined: false,
  isHttp1: false,
  wraps: false,
  nested: false,
  times: 1,
  at: 0,
  by: 'middleware',
  transport: 'http',
  errors: 'default',
  tunnels: 'accept',
  method: 'GET',
  path: '/',
  id: 'good',
  http: '1.1',
  close: false,
  expect: false,
  body: undefined,
  size: 0,
  call: false,
  once: false,
  isError: false,
  reason: undefined,
  message: undefined,
  code: 200,
  how: 'text',
  kind: 'plain',
  when: 'before',
};

/**
 * Makes an app smaller, as long as it stays faulty. fast-check shrinks values as they were generated;
 * this takes the result apart where that gives up.
 *
 * @param {any} app
 * @param {(app: any) => Promise<boolean>} isFaulty
 * @param {number} until - When to stop.
 */
export async function reduce(app, isFaulty, until) {
  let best = app;
  for (let isSmaller = true; isSmaller; ) {
    isSmaller = false;
    for (const candidate of candidates(best)) {
      if (Date.now() > until) return best;
      if (!(await isFaulty(candidate))) continue;
      best = candidate;
      isSmaller = true;
      break;
    }
  }
  return best;
}

/** @param {any} app @returns {Generator<any>} */
function* candidates(app) {
  for (const path of paths(app)) {
    const value = path.reduce((at, key) => at?.[key], app);
    const key = path.at(-1) ?? '';
    const parent = path.slice(0, -1).reduce((at, name) => at?.[name], app);
    if (Array.isArray(parent)) {
      // A request and a connection have to be left.
      const isLast = parent.length === 1 && ['requests', 'connections'].includes(path.at(-2) ?? '');
      if (!isLast)
        yield changed(app, path.slice(0, -1), (/** @type {any[]} */ list) =>
          list.filter((_, n) => n !== Number(key)),
        );
    } else if (key in plainest && value !== plainest[key] && value !== undefined) {
      // Of bodies and of clients that leave, it says something else.
      if (key !== 'how' || path.at(-2) === 'finish') yield changed(app, path, () => plainest[key]);
    }
  }
  if (app.middlewares.length === 0 && app.framework !== 'node') yield { ...app, framework: 'node' };
}

/** @param {any} value @param {string[]} [path] @returns {Generator<string[]>} */
function* paths(value, path = []) {
  if (path.length > 0) yield path;
  if (typeof value !== 'object' || value === null) return;
  for (const [key, part] of Object.entries(value)) yield* paths(part, [...path, key]);
}

/**
 * @param {any} value
 * @param {string[]} path
 * @param {(part: any) => any} change
 * @returns {any}
 */
function changed(value, [key, ...rest], change) {
  if (key === undefined) return change(value);
  const copy = Array.isArray(value) ? [...value] : { ...value };
  copy[key] = changed(copy[key], rest, change);
  return copy;
}
