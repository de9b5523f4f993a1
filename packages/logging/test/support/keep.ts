import type winston from 'winston';
import Transport from 'winston-transport';

/** A line as a transport gets it. */
export type Line = Record<string | symbol, unknown>;

/** What winston's formats made of a line. */
export const message: symbol = Symbol.for('message');

/** A transport of winston's that keeps its lines; a slow one is behind from the second line on. */
export function keep(
  lines: Pick<Line[], 'push'>,
  options: { format?: winston.Logform.Format; isSlow?: boolean } = {},
): Transport {
  const { isSlow = false, ...rest } = options;
  return new (class extends Transport {
    override log(info: Line, next: () => void): void {
      lines.push(info);
      if (isSlow) setImmediate(next);
      else next();
    }
  })(rest);
}
