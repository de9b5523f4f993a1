/** Thrown at set-up when an option is unknown or has an invalid value. */
export class InvalidOptionError extends TypeError {
  override readonly name = 'InvalidOptionError';
  readonly code = 'ERR_INVALID_OPTION';
  /** The name of the option. */
  readonly option: string;

  constructor(option: string, problem: string) {
    super(`Option \`${option}\` ${problem}`);
    this.option = option;
  }
}
