/**
 * One HTTP/1 response. Each character is one byte.
 *
 * @typedef {object} Response
 * @property {string} line
 * @property {number} status
 * @property {[name: string, value: string][]} headers
 * @property {string[]} ids - All values of X-Request-ID.
 * @property {string} body
 * @property {string[]} trailers
 * @property {boolean | undefined} isWhole - Undefined where only the end of the connection shows it.
 * @property {string} rest - The bytes after it.
 */

/**
 * Reads the first response that a connection received.
 *
 * @param {string} received
 * @param {string} [method] - Of the request.
 * @returns {Response | undefined} Undefined while the head is not complete.
 */
export function readResponse(received, method = 'GET') {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const [line = '', ...lines] = received.slice(0, headEnd).split('\r\n');
  const status = Number(line.slice(9, 12));
  const headers = lines.map((text) => splitLine(text));
  /** @param {string} wanted */
  const valuesOf = (wanted) =>
    headers.flatMap(([name, value]) => (name.toLowerCase() === wanted ? [value] : []));
  const head = { line, status, headers, ids: valuesOf('x-request-id') };
  const content = received.slice(headEnd + 4);
  const none = { body: '', trailers: [], isWhole: true, rest: content };
  const hasBody = status >= 200 && status !== 204 && status !== 304 && method !== 'HEAD';
  if (!hasBody || (method === 'CONNECT' && status === 200)) return { ...head, ...none };
  if (valuesOf('transfer-encoding')[0]?.toLowerCase() === 'chunked')
    return { ...head, ...readChunks(content) };
  const [length] = valuesOf('content-length');
  if (length === undefined)
    return { ...head, ...none, body: content, isWhole: undefined, rest: '' };
  const body = content.slice(0, Number(length));
  const isWhole = body.length === Number(length);
  return { ...head, body, trailers: [], isWhole, rest: content.slice(body.length) };
}

/**
 * Reads all responses that a connection received. A head that is cut off counts as a response without
 * a status.
 *
 * @param {string} received
 * @returns {Response[]}
 */
export function readResponses(received) {
  if (received === '') return [];
  const first = readResponse(received) ?? {
    ...{ line: '', status: Number.NaN, headers: [], ids: [] },
    ...{ body: '', trailers: [], isWhole: false, rest: '' },
  };
  return [first, ...readResponses(first.rest)];
}

/** Reads a chunked body. @param {string} content */
function readChunks(content) {
  const cut = { trailers: [], isWhole: false, rest: '' };
  let body = '';
  for (let at = 0; ; ) {
    const sizeEnd = content.indexOf('\r\n', at);
    const size = sizeEnd < 0 ? Number.NaN : Number.parseInt(content.slice(at, sizeEnd), 16);
    const start = sizeEnd + 2;
    // Not `<`, which is false for NaN.
    if (!(content.length >= start + size + 2)) return { ...cut, body };
    if (size === 0) {
      if (content.startsWith('\r\n', start))
        return { body, trailers: [], isWhole: true, rest: content.slice(start + 2) };
      const end = content.indexOf('\r\n\r\n', start);
      if (end < 0) return { ...cut, body };
      const trailers = content.slice(start, end).split('\r\n');
      return { body, trailers, isWhole: true, rest: content.slice(end + 4) };
    }
    body += content.slice(start, start + size);
    at = start + size + 2;
  }
}

/** Splits a line of the head at its colon. @param {string} text @returns {[name: string, value: string]} */
function splitLine(text) {
  const at = text.indexOf(':');
  return [text.slice(0, at), text.slice(at + 1).trim()];
}
