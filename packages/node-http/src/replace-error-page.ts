import type { ServerResponse } from 'node:http';
import { wrapMethod } from '@request-context/core/adapter';
import { problemOf } from './problem-of.ts';

/**
 * Makes the response to a rejected id (`onInvalid: 'reject'`) problem details, where no error handler responds
 * and the framework would send its own page. The page is replaced when it is sent: before that, an error
 * handler further on may still respond.
 *
 * @param isPage - Returns whether a body, with the status and the headers of `res`, is that page.
 *
 * @example
 * replaceErrorPage(res, error, (body) => body === error.message);
 */
export function replaceErrorPage(
  res: ServerResponse,
  error: Error & { code?: unknown },
  isPage: (body: unknown) => boolean,
): void {
  if (error.code !== 'ERR_INVALID_REQUEST_ID') return;
  wrapMethod(res, 'end', (end) => {
    return function (...args: unknown[]): unknown {
      if (this.headersSent || !isPage(args[0])) return Reflect.apply(end, this, args);
      const { headers, body } = problemOf(error);
      for (const [name, value] of headers) this.setHeader(name, value);
      return Reflect.apply(end, this, [body]);
    };
  });
}
