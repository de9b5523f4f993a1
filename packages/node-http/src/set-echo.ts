import type { Echo, NodeRequestScope } from './node-request-scope.ts';
import type { RawResponse } from './raw-message.ts';

/**
 * Sets the header of the response at once, so that other code sees it. {@link ensureEcho} makes sure of it when
 * the head is written.
 */
export function setEcho(res: RawResponse, scope: NodeRequestScope, echo: Echo): void {
  try {
    res.setHeader(echo.header, scope.requestId);
  } catch {
    // The head has been sent: too late.
    return;
  }
  scope.echo = echo;
}
