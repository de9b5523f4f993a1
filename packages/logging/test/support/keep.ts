import type winston from 'winston';
import Transport from 'winston-transport';

/** A line as a transport receives it. */
export type Line = Record<string | symbol, unknown>;

/** The key under which winston's formats put a line's text. */
export const message: symbol = Symbol.for('message');

/** Returns a winston transport that keeps its lines. A slow one falls behind from the second line on. */
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
