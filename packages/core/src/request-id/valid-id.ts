import { invalidResult } from './option-result-error.ts';

/** The longest id that is valid by default, in characters. */
const defaultMaxLength = 128;

// The allow-list: characters that are safe in headers, URLs, shells, log lines and markup.
const allowed = /^[A-Za-z0-9._~+/=@:-]+$/;
const notAllowed = /[^A-Za-z0-9._~+/=@:-]/gu;
/** Characters that a header carries unchanged. */
const printable = /^[\x20-\x7e]+$/;

/** Decides which ids are valid. */
export interface ValidId {
  /** Returns whether an inbound id is valid. */
  readonly isValid: (id: string) => boolean;
  /** Returns whether a result of the `generate` option is valid. */
  readonly isValidGenerated: (id: unknown) => id is string;
}

/** Returns the checks that the options `validate` and `maxLength` ask for. */
export function compileValidId(
  validate: ((id: string) => boolean) | undefined,
  maxLength: number = defaultMaxLength,
): ValidId {
  const longestGenerated = Math.max(maxLength, defaultMaxLength);
  const isAccepted = compileValidate(validate, longestGenerated);
  return {
    isValid: compileValidate(validate, maxLength),
    isValidGenerated: (id): id is string =>
      typeof id === 'string' &&
      ((id.length <= longestGenerated && allowed.test(id)) || isAccepted(id)),
  };
}

function compileValidate(
  validate: ((id: string) => boolean) | undefined,
  maxLength: number,
): (id: string) => boolean {
  if (validate === undefined) return (id) => id.length <= maxLength && allowed.test(id);
  return (id) =>
    id.length <= maxLength && printable.test(id) && booleanFrom('validate', validate(id));
}

/**
 * Returns the result of an option's function, which must be a boolean: neither a promise nor a match object counts
 * as true.
 *
 * @throws {OptionResultError} when it is anything else
 */
export function booleanFrom(option: string, result: unknown): boolean {
  if (typeof result === 'boolean') return result;
  throw invalidResult(option, 'must return true or false', result);
}

/**
 * Percent-encodes every character that is not allowed in an id by default, and `%` itself, so that the text is
 * safe in a log line.
 *
 * @example
 * escapeId('a b'); // 'a%20b'
 */
export function escapeId(text: string, encodingOf?: (character: string) => BufferEncoding): string {
  return text.replace(notAllowed, (character) => {
    const bytes = Buffer.from(character, encodingOf?.(character) ?? 'utf8');
    return Array.from(bytes, (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(
      '',
    );
  });
}

/**
 * Returns a rejected id, safe to log and cut to 128 characters. Node decodes the bytes of a header to
 * characters up to U+00FF, so those are encoded as one byte each.
 */
export function escapeRejectedId(raw: string): string {
  let escaped = '';
  for (const character of raw.slice(0, defaultMaxLength)) {
    const next = escapeId(character, byteEncodingOf);
    if (escaped.length + next.length > defaultMaxLength) break;
    escaped += next;
  }
  return escaped;
}

function byteEncodingOf(character: string): BufferEncoding {
  return character <= '\u00ff' ? 'latin1' : 'utf8';
}
