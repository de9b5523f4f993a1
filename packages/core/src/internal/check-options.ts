import { describe } from './describe.ts';
import { InvalidOptionError } from './invalid-option-error.ts';

/** Decides whether a value is valid, and says in words what it must be. */
export type Check = readonly [isValid: (value: unknown) => boolean, mustBe: string];

/**
 * Returns a copy of the options, each undefined or valid. Only own properties count. Each, and each entry of
 * an array, is read once: what is used is what was checked.
 *
 * @example
 * const isText: Check = [(value) => typeof value === 'string', 'a string'];
 * const { label = 'id' } = checkOptions(options, { label: isText });
 *
 * @throws {InvalidOptionError} naming the first option that is unknown or invalid
 */
export function checkOptions<T extends object>(
  options: T,
  known: { readonly [option: string]: Check },
): Partial<T> {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new InvalidOptionError('options', `must be an object, but is ${describe(options)}.`);
  }
  const checked: Record<string, unknown> = Object.create(null);
  for (const option of Reflect.ownKeys(options)) {
    // Tools mark objects with symbols.
    if (typeof option === 'symbol') continue;
    const check = Object.hasOwn(known, option) ? known[option] : undefined;
    if (check === undefined) {
      const names = Object.keys(known).join(', ');
      throw new InvalidOptionError(option, `is not known. The options are: ${names}.`);
    }
    const [isValid, mustBe] = check;
    const value = readOnce(options, option);
    if (value !== undefined && !isValid(value)) {
      throw new InvalidOptionError(option, `must be ${mustBe}, but is ${describe(value)}.`);
    }
    checked[option] = value;
  }
  return checked as Partial<T>;
}

function readOnce(options: object, option: string): unknown {
  const value: unknown = Reflect.get(options, option);
  return Array.isArray(value) ? Array.from(value) : value;
}
