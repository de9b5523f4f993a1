/** The most members that a `baggage` may have. Source: W3C Baggage, "Limits". */
const maxMembers = 64;
/** The most bytes that a `baggage` may have. Source: W3C Baggage, "Limits". */
export const maxBaggageBytes: number = 8192;

/** Characters that a value is not carried with: they could forge a line of a log. */
const control = /[\p{Cc}\p{Zl}\p{Zp}]/u;
/** What an encoded value consists of. Source: W3C Baggage, "baggage-octet". */
const octets = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/;

/** A member that is to be added. */
export type Member = readonly [key: string, value: string];

/** Why a member cannot be added. */
export type MemberProblem = 'not-text' | 'too-long' | 'too-many';

/**
 * Returns the values of a `baggage` header, by their keys. Members beyond W3C's limits are ignored, and so are those
 * that cannot be decoded, that hold control characters, or whose key occurs twice.
 * Source: W3C Baggage, https://www.w3.org/TR/baggage/
 */
export function readBaggage(text: string): Map<string, string> {
  const values = new Map<string, string>();
  const seen = new Set<string>();
  for (const member of membersOf(text)) {
    const key = keyOf(member);
    if (key === undefined) continue;
    const value = seen.has(key) ? undefined : decode(member);
    seen.add(key);
    if (value === undefined) values.delete(key);
    else values.set(key, value);
  }
  return values;
}

/** A `baggage` header, and the keys of the members that were added to it. */
export interface ExtendedBaggage {
  readonly text: string;
  readonly keys: readonly string[];
}

/**
 * Returns a `baggage` header with members added to those that `text` has. One that is there already stays, unless
 * `replace` is set. Returns undefined where nothing changes.
 *
 * @param onProblem - Called with each member that cannot be added, and why.
 */
export function addToBaggage(
  text: string,
  added: Iterable<Member>,
  replace: boolean,
  onProblem: (problem: MemberProblem, key: string) => void,
): ExtendedBaggage | undefined {
  // A text that is too long already is not taken apart: it can have any length.
  const isFull = text.length > maxBaggageBytes;
  let members = isFull ? [] : text.split(',').filter((member) => member.trim() !== '');
  const keys: string[] = [];
  for (const [key, value] of added) {
    const others = members.filter((member) => keyOf(member) !== key);
    if (others.length < members.length && !replace) continue;
    const encoded = value.length > maxBaggageBytes ? value : encode(value);
    if (encoded === undefined) onProblem('not-text', key);
    else if (isFull || encoded.length > maxBaggageBytes) onProblem('too-long', key);
    else if (others.length >= maxMembers) onProblem('too-many', key);
    else {
      const next = [...others, `${key}=${encoded}`];
      if (Buffer.byteLength(next.join(',')) > maxBaggageBytes) {
        onProblem('too-long', key);
        continue;
      }
      members = next;
      keys.push(key);
    }
  }
  return keys.length > 0 ? { text: members.join(','), keys } : undefined;
}

/** Returns the members within W3C's limits. */
function membersOf(text: string): string[] {
  // No more than the limit is looked at: a client can send any length.
  const isCut = text.length > maxBaggageBytes;
  const members = text.slice(0, maxBaggageBytes).split(',', maxMembers + 1);
  // The last one may be cut in two.
  if (isCut && members.length <= maxMembers) members.pop();
  return members.slice(0, maxMembers);
}

/** Returns the key of a member; undefined where it is no member, as it has no value. */
function keyOf(member: string): string | undefined {
  return /^([^=;]*)=/.exec(member)?.[1]?.trim();
}

/** Returns the value of a member; undefined where it cannot be decoded. */
function decode(member: string): string | undefined {
  // Properties follow the value, after a semicolon. They are not read.
  const value = (member.slice(member.indexOf('=') + 1).split(';', 1)[0] as string).trim();
  if (!octets.test(value)) return undefined;
  try {
    const decoded = decodeURIComponent(value);
    return control.test(decoded) ? undefined : decoded;
  } catch {
    return undefined;
  }
}

/** Returns the value as a member holds it; undefined where it cannot be encoded, such as half of a surrogate pair. */
function encode(value: string): string | undefined {
  try {
    return control.test(value) ? undefined : encodeURIComponent(value);
  } catch {
    return undefined;
  }
}
