/** The other end of a socket: an IP address, `'unix'` for a Unix domain socket, or unknown. */
export type Peer = string | undefined;

/**
 * Reads an adapter's requests. One object serves all of them.
 *
 * @typeParam Raw - The server's own request.
 */
export interface RequestReader<Raw> {
  /**
   * Returns the value of the header `name` (lower case): undefined or null when it was not sent, an array when
   * it was sent several times. For a fetch-style request, return `raw.headers.get(name)`.
   */
  header(raw: Raw, name: string): string | readonly string[] | null | undefined;
  /** Returns the socket's peer. Do not read X-Forwarded-For: any client can send it. */
  peer(raw: Raw): Peer;
}
