import { describe } from '../internal/describe.ts';
import { dropRejection } from '../internal/drop-rejection.ts';

/** Thrown when a function among the options (`generate`, `trust`, ...) returns an invalid result. */
export class OptionResultError extends TypeError {
  override readonly name = 'OptionResultError';
  readonly code = 'ERR_OPTION_RESULT';
  /** The name of the option. */
  readonly option: string;

  constructor(option: string, problem: string, options?: ErrorOptions) {
    super(`The function of option \`${option}\` ${problem}`, options);
    this.option = option;
  }
}

/**
 * Returns the error for an invalid result. If the result is a promise, nothing awaits it: its rejection is
 * dropped, as an unhandled one would end the process.
 */
export function invalidResult(option: string, must: string, result: unknown): OptionResultError {
  dropRejection(result);
  return new OptionResultError(option, `${must}, but returned ${describe(result)}.`);
}
