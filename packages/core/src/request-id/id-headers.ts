/** The headers that a request's id came in and goes out by. Their names are in lower case. */
export interface IdHeaders {
  /** The header of the request whose value was adopted as the id; undefined if the id is no header's value. */
  readonly request: string | undefined;
  /** The header of the response. */
  readonly response: string;
}
