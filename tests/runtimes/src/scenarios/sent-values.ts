import type { IncomingMessage } from 'node:http';

/** Returns the values of a request's header, one for each line of the head that has it. */
export function sentValues(
  { rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>,
  name: string,
): string[] {
  return rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name);
}
