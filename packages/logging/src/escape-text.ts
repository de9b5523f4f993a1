/**
 * A value as it can stand in a line of plain text: in one piece, on one line, and unlike anything
 * that is not the value. All but letters A to Z, digits and `. _ ~ + / = @ : -`, which is what ids
 * are made of unless `validate` allows more, is percent-encoded, as UTF-8. An object is shown as JSON. Never throws.
 *
 * @example
 * escapeText('myid'); // 'myid'
 * @example
 * escapeText('a\nb c'); // 'a%0Ab%20c'
 */
export function escapeText(value: unknown): string {
  return textOf(value).replace(/[^A-Za-z0-9._~+/=@:-]/gu, percentEncode);
}

function textOf(value: unknown): string {
  // A log call must not throw. JSON refuses what is cyclic or holds a BigInt; getters, toString() and
  // toJSON() may be anybody's; and of a revoked Proxy nothing can be read at all.
  for (const attempt of [toText, toTag]) {
    try {
      return attempt(value);
    } catch {
      // The next one asks for less.
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

function percentEncode(character: string): string {
  const bytes = Buffer.from(character, 'utf8');
  return Array.from(bytes, (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(
    '',
  );
}
