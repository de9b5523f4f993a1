import { type ContextValues, context } from '@request-context/core';
import { dropRejection } from '@request-context/core/adapter';
import { addToBaggage, type Member, readBaggage } from './baggage.ts';
import { textOf } from './carrier-access.ts';
import type { NormalizedPropagation, SkipReason } from './propagation-options.ts';

/** Returns all that is there under a header's name; an empty array for nothing. */
export type Read = (name: string) => readonly unknown[];

/** A header to set. */
export type HeaderToSend = readonly [name: string, value: string];

/** The longest id that is sent, in characters. */
const maxIdLength = 8192;
/** What a header carries unchanged. */
const printable = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/** Returns the headers that carry the current scope's values, without those that are there already. */
export function headersToSend(
  propagation: NormalizedPropagation,
  read: Read,
  { replace = false, target }: { replace?: boolean; target?: string | undefined } = {},
): HeaderToSend[] {
  if (!context.active) return [];
  const headers: HeaderToSend[] = [];
  const skip = (why: SkipReason, key: string) => reportSkip(propagation, why, key, target);
  const id = context.get('requestId');
  if (id !== undefined && (replace || read(propagation.header).length === 0)) {
    if (isSendable(id)) headers.push([propagation.header, id]);
    else skip('invalid-id', 'requestId');
  }
  const members: Member[] = [];
  for (const key of propagation.keys) {
    const value: unknown = context.get(key);
    if (value === undefined) continue;
    const text = memberText(value);
    if (text === undefined) skip('not-text', key);
    else members.push([key, text]);
  }
  if (members.length > 0) {
    const sent = read('baggage').map((value) => textOf(value) ?? '');
    const baggage = addToBaggage(sent.join(','), members, replace, skip);
    if (baggage !== undefined) headers.push(['baggage', baggage]);
  }
  return headers;
}

/** Returns the values that came in, each checked. */
export function receivedValues(
  propagation: NormalizedPropagation,
  read: Read,
): Partial<ContextValues> {
  const values: Record<string, string> = {};
  const sent = read(propagation.header);
  // A header that is sent twice is invalid.
  const id = sent.length === 1 ? textOf(sent[0]) : undefined;
  if (id !== undefined && propagation.isValid(id)) values.requestId = id;
  if (propagation.keys.length > 0) {
    const texts = read('baggage').map((value) => textOf(value) ?? '');
    const baggage = readBaggage(texts.join(','));
    for (const key of propagation.keys) {
      const value = baggage.get(key);
      if (value !== undefined) values[key] = value;
    }
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
    dropRejection(onSkip(why, { key, target }));
  } catch {
    // A report must not end what would have gone on without it.
  }
}

function isSendable(id: unknown): boolean {
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
