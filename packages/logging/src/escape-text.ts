/**
 * A value as it can stand in a line of plain text: in one piece, on one line, and unlike anything
 * that is not the value. All but letters A to Z, digits and `. _ ~ + / = @ : -`, which is what ids
 * are made of unless `validate` allows more, is percent-encoded, as UTF-8. An object is shown as JSON.
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
  if (typeof value !== 'object' || value === null) return String(value);
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    // Cyclic, or with a BigInt in it. A log call must not throw.
    return Object.prototype.toString.call(value);
  }
}

function percentEncode(character: string): string {
  const bytes = Buffer.from(character, 'utf8');
  return Array.from(bytes, (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(
    '',
  );
}
