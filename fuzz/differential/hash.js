import { createHash } from 'node:crypto';

/**
 * A text as it is if it is short; its length and digest if it is not.
 *
 * @param {string} text
 */
export function hash(text) {
  if (text.length <= 200) return text;
  return `${text.length} bytes ${createHash('sha1').update(text).digest('hex').slice(0, 12)}`;
}
