import { describe, InvalidOptionError } from './errors.ts';

/** Whether a value is valid, and what it must be, in words. */
export type Check = readonly [isValid: (value: unknown) => boolean, mustBe: string];

/**
 * Checks that `options` is an object with known properties, each undefined or valid.
 *
 * @throws {InvalidOptionError} naming the first that is not
 */
export function checkOptions(options: unknown, known: { readonly [option: string]: Check }): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new InvalidOptionError('options', `must be an object, but is ${describe(options)}.`);
  }
  for (const [option, value] of Object.entries(options)) {
    const check = Object.hasOwn(known, option) ? known[option] : undefined;
    if (check === undefined) {
      const names = Object.keys(known).join(', ');
      throw new InvalidOptionError(option, `is not known. The options are: ${names}.`);
    }
    const [isValid, mustBe] = check;
    if (value !== undefined && !isValid(value)) {
      throw new InvalidOptionError(option, `must be ${mustBe}, but is ${describe(value)}.`);
    }
  }
}
