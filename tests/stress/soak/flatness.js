/** Bytes that a heap may grow by between the two medians, for any number of requests. */
const mostGrowth = 1_000_000;
/** Bytes that it may grow by for each request. */
const mostSlope = 4;
/**
 * Bytes that it may always grow by. Code is compiled and caches fill long after the first part, so the slope means
 * nothing after few requests. With the default number of requests, the slope alone decides.
 */
const noise = 500_000;

/**
 * Compares the median of the last three parts with that of parts 3 to 5. The first two parts warm up.
 *
 * @param {readonly number[]} heaps - Bytes after each part.
 * @param {number} requests - Requests in each part.
 */
export function judgeHeap(heaps, requests) {
  const early = median(heaps.slice(2, 5));
  const late = median(heaps.slice(-3));
  const growth = late - early;
  // Requests from the middle part of the early ones to the middle part of the late ones.
  const slope = growth / ((heaps.length - 5) * requests);
  const isFlat = growth < mostGrowth && (slope < mostSlope || growth < noise);
  return { early, late, growth, slope, isFlat };
}

/** @param {readonly number[]} values */
function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
