import { type ContextValues, context } from '@request-context/core';
import { addToBaggage, type Member, maxBaggageBytes, readBaggage } from './baggage.ts';
import { textOf } from './carrier-access.ts';
import { dropPromise } from './drop-promise.ts';
import type { NormalizedPropagation, SkipReason } from './propagation-options.ts';

/** Returns all that is there under a header's name; an empty array for nothing. */
export type Read = (name: string) => readonly unknown[];

/** A header to set. */
export type HeaderToSend = readonly [name: string, value: string];

/** The longest id that is sent, in characters. */
const maxIdLength = 8192;
/** What a header carries unchanged. */
const printable = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/** A header to set, and the names of the values that it adds. */
export interface Carried {
  readonly name: string;
  readonly value: string;
  readonly keys: readonly string[];
}

/** How values are sent. */
export interface SendOptions {
  /** Whether a header, or a member of `baggage`, that is there is replaced. @default false */
  replace?: boolean;
  /** Where the call goes. @default a carrier */
  target?: URL | undefined;
}

/** Returns the headers that carry the current scope's values, without those that are there already. Never throws. */
export function headersToSend(
  propagation: NormalizedPropagation,
  read: Read,
  options?: SendOptions,
): HeaderToSend[] {
  return valuesToSend(propagation, read, options).map(({ name, value }) => [name, value]);
}

/** Returns what {@link headersToSend} does, with the names of the values. Never throws. */
export function valuesToSend(
  propagation: NormalizedPropagation,
  read: Read,
  { replace = false, target }: SendOptions = {},
): Carried[] {
  const carried: Carried[] = [];
  const skip = (why: SkipReason, key: string) => reportSkip(propagation, why, key, target?.origin);
  const { header } = propagation;
  const id: unknown = context.get('requestId');
  if (id !== undefined) {
    const sent = replace ? [] : tryRead(read, header);
    if (sent === undefined) skip('carrier', 'requestId');
    else if (sent.length === 0) {
      if (isSendable(id)) carried.push({ name: header, value: id, keys: ['requestId'] });
      else skip('invalid-id', 'requestId');
    }
  }
  const members: Member[] = [];
  for (const key of propagation.keys) {
    const value: unknown = context.get(key);
    if (value === undefined) continue;
    const text = memberText(value);
    if (text === undefined) skip('not-text', key);
    else members.push([key, text]);
  }
  if (members.length === 0) return carried;
  const sent = baggageText(tryRead(read, 'baggage'));
  if (sent === undefined) {
    for (const [key] of members) skip('carrier', key);
    return carried;
  }
  const baggage = addToBaggage(sent, members, replace, skip);
  if (baggage !== undefined) {
    carried.push({ name: 'baggage', value: baggage.text, keys: baggage.keys });
  }
  return carried;
}

/** Returns the values that came in, each checked. Never throws. */
export function receivedValues(
  propagation: NormalizedPropagation,
  read: Read,
): Partial<ContextValues> {
  const values: Record<string, string> = {};
  const sent = tryRead(read, propagation.header);
  // A header that is sent twice is invalid.
  const id = sent?.length === 1 ? textOf(sent[0]) : undefined;
  if (id !== undefined && propagation.isValid(id)) values.requestId = id;
  if (propagation.keys.length === 0) return values;
  const baggage = readBaggage(baggageText(tryRead(read, 'baggage')) ?? '');
  for (const key of propagation.keys) {
    const value = baggage.get(key);
    if (value !== undefined) values[key] = value;
  }
  return values;
}

/** Calls `onSkip`. Never throws. */
export function reportSkip(
  { onSkip }: NormalizedPropagation,
  why: SkipReason,
  key: string,
  target: string | undefined,
): void {
  if (onSkip === undefined) return;
  try {
    dropPromise(onSkip(why, { key, target }));
  } catch (thrown) {
    // A report must not end what would have gone on without it.
    dropPromise(thrown);
  }
}

/** Returns what `read` does; undefined where it throws. */
function tryRead(read: Read, name: string): readonly unknown[] | undefined {
  try {
    return read(name);
  } catch (thrown) {
    dropPromise(thrown);
    return undefined;
  }
}

/** Returns the values of `baggage` as one text; undefined where they cannot be read. */
function baggageText(values: readonly unknown[] | undefined): string | undefined {
  if (values === undefined) return undefined;
  const texts: string[] = [];
  let length = 0;
  for (const value of values) {
    const text = textOf(value);
    if (text === undefined) return undefined;
    texts.push(text);
    length += text.length;
    // The rest cannot count: the text is longer than a `baggage` may be.
    if (length > maxBaggageBytes) break;
  }
  return texts.join(',');
}

function isSendable(id: unknown): id is string {
  return typeof id === 'string' && id.length <= maxIdLength && printable.test(id);
}

/** Returns a value as text; undefined where it has none that means the same. */
function memberText(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value);
    default:
      return undefined;
  }
}
