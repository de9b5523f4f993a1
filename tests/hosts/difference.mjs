import { isDeepStrictEqual } from 'node:util';

/** @param {unknown} expected @param {unknown} got */
export function isSame(expected, got) {
  return isDeepStrictEqual(expected, got);
}

/**
 * Says in one line where two values differ first.
 *
 * @param {unknown} expected
 * @param {unknown} got
 * @returns {string}
 */
export function differenceOf(expected, got) {
  const places = [...differences(expected, got, '')];
  const [first] = places;
  if (first === undefined) return 'no difference';
  const where = first.path === '' ? '' : ` at ${first.path}`;
  const others = places.length > 1 ? ` (and ${places.length - 1} other places)` : '';
  return `expected${where} ${show(first.expected)}; got ${show(first.got)}${others}`;
}

/**
 * @param {unknown} expected
 * @param {unknown} got
 * @param {string} path
 * @returns {Generator<{ path: string, expected: unknown, got: unknown }>}
 */
function* differences(expected, got, path) {
  if (isSame(expected, got)) return;
  if (Array.isArray(expected) && Array.isArray(got)) {
    // Of lists, the items that one has and the other has not say more than the place.
    const missing = without(expected, got);
    const added = without(got, expected);
    const isOrder = missing.length === 0 && added.length === 0;
    yield isOrder ? { path, expected, got } : { path, expected: missing, got: added };
    return;
  }
  if (isRecord(expected) && isRecord(got)) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(got)])) {
      yield* differences(expected[key], got[key], path === '' ? key : `${path}, ${key}`);
    }
    return;
  }
  yield { path, expected, got };
}

/** @param {unknown[]} all @param {unknown[]} some */
function without(all, some) {
  const left = [...some];
  return all.filter((item) => {
    const at = left.findIndex((each) => isSame(each, item));
    if (at !== -1) left.splice(at, 1);
    return at === -1;
  });
}

/** @param {unknown} value @returns {value is Record<string, unknown>} */
function isRecord(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @param {unknown} value */
function show(value) {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
  return text.length > 300 ? `${text.slice(0, 300)}...` : text;
}
