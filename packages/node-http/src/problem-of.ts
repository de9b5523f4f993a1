import { STATUS_CODES } from 'node:http';

/** A response with problem details, as RFC 9457 defines them. */
export interface Problem {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/**
 * Returns the response to a request that failed. Never throws.
 *
 * @example
 * const { status, headers, body } = problemOf(error);
 */
export function problemOf(error: unknown): Problem {
  const { status, detail } = clientErrorOf(error) ?? { status: 500, detail: undefined };
  const body = `${JSON.stringify({ title: STATUS_CODES[status], status, detail })}\n`;
  const headers = [
    ['Content-Type', 'application/problem+json'],
    ['Content-Length', String(Buffer.byteLength(body))],
  ] as const;
  return { status, headers, body };
}

/**
 * Returns what the client may know of an error that it caused, as http-errors marks them; undefined for all
 * other errors. Never throws.
 */
export function clientErrorOf(error: unknown): { status: number; detail: string } | undefined {
  try {
    if (!(error instanceof Error)) return undefined;
    const { status, expose, message } = error as { status?: unknown; expose?: unknown } & Error;
    const isClients = Number.isInteger(status) && Number(status) >= 400 && Number(status) < 500;
    return isClients && expose === true
      ? { status: Number(status), detail: String(message) }
      : undefined;
  } catch {
    // A revoked Proxy, or an accessor that throws.
    return undefined;
  }
}
