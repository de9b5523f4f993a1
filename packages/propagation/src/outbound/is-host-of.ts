import { parseUrl } from '../internal/parse-url.ts';

/** Returns whether the value of `Host` is that of a URL, or there is none. */
export function isHostOf(host: unknown, url: URL): boolean {
  if (host === undefined || host === null || host === '') return true;
  return parseUrl(`${url.protocol}//${String(host)}`)?.host === url.host;
}
