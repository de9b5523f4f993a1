/** One response in what a connection got. */
export interface ReadResponse {
  /** Undefined where its head is cut. */
  status: number | undefined;
  ids: readonly string[];
  body: string;
  isWhole: boolean;
}

/** Takes apart what came from a server, as a client would that pipelines. */
export function readResponses(received: string): ReadResponse[] {
  const responses: ReadResponse[] = [];
  let rest = received;
  while (rest !== '') {
    const response = readResponse(rest);
    responses.push(response);
    rest = response.rest;
  }
  return responses;
}

function readResponse(received: string): ReadResponse & { rest: string } {
  const end = received.indexOf('\r\n\r\n');
  if (end === -1) return { status: undefined, ids: [], body: '', isWhole: false, rest: '' };
  const head = `${received.slice(0, end)}\r\n`;
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]);
  const ids = [...head.matchAll(/\r\nX-Request-ID: ([^\r]*)/gi)].map(([, id]) => id ?? '');
  const length = /\r\nContent-Length: (\d+)\r\n/i.exec(head)?.[1];
  const payload = received.slice(end + 4);
  if (length !== undefined) {
    const body = payload.slice(0, Number(length));
    const isWhole = body.length === Number(length);
    return { status, ids, body, isWhole, rest: payload.slice(body.length) };
  }
  const isChunked = /\r\nTransfer-Encoding: chunked\r\n/i.test(head);
  return { status, ids, ...(isChunked ? readChunks(payload) : untilEnd(payload)) };
}

type Content = Pick<ReadResponse, 'body' | 'isWhole'> & { rest: string };

function readChunks(payload: string): Content {
  let body = '';
  let at = 0;
  for (;;) {
    const endOfSize = payload.indexOf('\r\n', at);
    if (endOfSize === -1) return { body, isWhole: false, rest: '' };
    const size = Number.parseInt(payload.slice(at, endOfSize), 16);
    const end = endOfSize + 2 + size;
    if (payload.length < end + 2) return { body, isWhole: false, rest: '' };
    if (size === 0) return { body, isWhole: true, rest: payload.slice(end + 2) };
    body += payload.slice(endOfSize + 2, end);
    at = end + 2;
  }
}

/** A client cannot tell whether that is all. */
const untilEnd = (body: string): Content => ({ body, isWhole: false, rest: '' });
