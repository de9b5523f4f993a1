/** What a heap may grow by between the two medians, in bytes, however many requests were between. */
const mostGrowth = 1_000_000;
/** What it may grow by for each request, in bytes. */
const mostSlope = 4;
/**
 * What it may always grow by, in bytes: code is compiled and caches fill long after the first part, so
 * that after few requests the slope says nothing. With the default number of them it alone decides.
 */
const noise = 500_000;

/**
 * Compares the median of the last three parts with that of parts 3 to 5; what comes before warms up.
 *
 * @param {readonly number[]} heaps - After each part, in bytes.
 * @param {number} requests - In each part.
 */
export function judgeHeap(heaps, requests) {
  const early = median(heaps.slice(2, 5));
  const late = median(heaps.slice(-3));
  const growth = late - early;
  // From the middle of the ones to the middle of the others.
  const slope = growth / ((heaps.length - 5) * requests);
  const isFlat = growth < mostGrowth && (slope < mostSlope || growth < noise);
  return { early, late, growth, slope, isFlat };
}

/** @param {readonly number[]} values */
function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
