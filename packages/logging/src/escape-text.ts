import { escapeId } from '@request-context/core/adapter';

/**
 * Returns a value as text that is safe in a line of a log: it stays in one piece, on one line, and looks like
 * nothing else. All characters except those that ids consist of by default, letters A to Z, digits and
 * `. _ ~ + / = @ : -`, are percent-encoded, as UTF-8. An object is shown as JSON. Never throws.
 *
 * @example
 * escapeText('myid'); // 'myid'
 * @example
 * escapeText('a\nb c'); // 'a%0Ab%20c'
 */
export function escapeText(value: unknown): string {
  return escapeId(textOf(value));
}

function textOf(value: unknown): string {
  // A log call must not throw. JSON.stringify() throws for cycles and BigInts, any code may define getters,
  // toString() and toJSON(), and nothing of a revoked Proxy can be read.
  for (const attempt of [toText, toTag]) {
    try {
      return attempt(value);
    } catch {
      // The next one needs less of the value.
    }
  }
  return '[unreadable]';
}

function toText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  return JSON.stringify(value) ?? String(value);
}

function toTag(value: unknown): string {
  return Object.prototype.toString.call(value);
}
