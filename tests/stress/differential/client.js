import { createHash } from 'node:crypto';
import { connect as connectHttp2, constants } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { readResponse } from '../../kit/read-response.js';

/**
 * The response to one request, in comparable form.
 *
 * @typedef {object} Reply
 * @property {string} line
 * @property {string[]} headers
 * @property {string} body
 * @property {string[]} trailers
 * @property {string[]} ids - The values of X-Request-ID.
 */

/** The status of a response after which nothing can be parsed. */
const broken = 999;
const ours = /^x-request-id$/i;
const random = /^(?:date|x-response-time|x-runtime|ratelimit-reset|x-ratelimit-reset)$/i;

/**
 * @param {[string, string][]} lines
 * @returns {{ headers: string[], ids: string[] }}
 */
function split(lines) {
  const ids = lines.filter(([name]) => ours.test(name)).map(([, value]) => value);
  const headers = lines
    .filter(([name]) => !ours.test(name))
    // The order of headers with different names has no meaning (RFC 9110, 5.3).
    .sort(([a], [b]) =>
      a.toLowerCase() < b.toLowerCase() ? -1 : Number(a.toLowerCase() !== b.toLowerCase()),
    )
    .map(([name, value]) => `${name}: ${random.test(name) ? '*' : value}`);
  return { headers, ids };
}

/**
 * Returns a short text itself, or the length and digest of a long one. Leaves out our header and what changes from run to
 * run: a body that is cut off may hold the head of the next response.
 *
 * @param {string} text
 */
function hash(text) {
  const plain = text
    .replace(/\r\nx-request-id: [^\r\n]*/gi, '')
    .replace(/\r\n(date|x-response-time): [^\r\n]*/gi, '\r\n$1: *');
  if (plain.length <= 200) return plain;
  return `${plain.length} bytes ${createHash('sha1').update(plain).digest('hex').slice(0, 12)}`;
}

/** @param {any} request @param {string} tag @returns {string[][]} */
function idHeaders(request, tag) {
  switch (request.id) {
    case 'none':
      return [];
    case 'bad':
      return [['X-Request-ID', `<${tag}>`]];
    case 'twice':
      return [
        ['X-Request-ID', `id-${tag}`],
        ['X-Request-ID', `other-${tag}`],
      ];
    default:
      return [['X-Request-ID', `id-${tag}`]];
  }
}

/** @param {any} request @param {string} tag */
function pathOf(request, tag) {
  return `${request.path}?t=${tag}`;
}

/** @param {any} body */
function bodyOf(body) {
  if (body.type === 'json') return JSON.stringify({ text: 'x'.repeat(body.size) });
  if (body.type === 'form') return `text=${'x'.repeat(body.size)}`;
  if (body.type === 'multipart') {
    return `--b\r\nContent-Disposition: form-data; name="f"; filename="f.txt"\r\n\r\n${'x'.repeat(body.size)}\r\n--b--\r\n`;
  }
  if (body.type === 'malformed') return '{"text":';
  return 'x'.repeat(body.size);
}

const types = {
  json: 'application/json',
  malformed: 'application/json',
  form: 'application/x-www-form-urlencoded',
  multipart: 'multipart/form-data; boundary=b',
  text: 'text/plain',
};

const hostile = [
  'GET / HTTP/1.1\r\n\r\n',
  'GET /?t=9.9 HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: x\r\nX-Request-ID: a\u0001b\r\n\r\n',
  `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`,
  'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  '\r\n\r\n\0\0',
  'GET / HTTP/1.1\r\nHost: x\r\nExpect: nonsense\r\n\r\n',
  'OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  'GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
];
export const hostileCount = hostile.length;

/** @param {any} request @param {string} tag @returns {{ head: string, body: string[] }} */
function bytesOf(request, tag) {
  if (request.hostile !== undefined) return { head: hostile[request.hostile] ?? '', body: [] };
  const { method, body } = request;
  const target = method === 'CONNECT' ? `host:80/?t=${tag}` : pathOf(request, tag);
  const headers = [['Host', 'x'], ...idHeaders(request, tag), ...request.headers];
  /** @type {string[]} */
  let parts = [];
  if (request.upgrade) {
    headers.push(['Connection', 'Upgrade'], ['Upgrade', 'echo']);
  } else if (body !== undefined) {
    const text = bodyOf(body);
    headers.push(['Content-Type', types[/** @type {'json'} */ (body.type)]]);
    const middle = Math.ceil(text.length / 2);
    parts =
      body.how === 'slow' && text !== '' ? [text.slice(0, middle), text.slice(middle)] : [text];
    if (body.how === 'length') headers.push(['Content-Length', String(text.length)]);
    else {
      headers.push(['Transfer-Encoding', 'chunked']);
      parts = parts.filter((part) => part !== '').map(chunk);
      parts.push('0\r\n\r\n');
    }
    if (request.expect) headers.push(['Expect', '100-continue']);
  }
  if (request.close) headers.push(['Connection', 'close']);
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return { head: `${method} ${target} HTTP/${request.http ?? '1.1'}\r\n${lines}\r\n`, body: parts };
}

/** @param {string} part */
const chunk = (part) => `${part.length.toString(16)}\r\n${part}\r\n`;

const immediate = () => new Promise((resolve) => setImmediate(resolve));

/** A client that sends its requests over one HTTP/1 connection. */
class Http1Client {
  /** @type {import('node:net').Socket} */
  #socket;
  #received = '';
  #isClosed = false;
  #wake = () => {};
  /** @type {any} */
  #connection;
  /** @type {number} */
  #index;
  /** @type {Reply[]} */
  replies = [];
  ended = '';
  bytes = 0;

  /** @param {any} connection @param {number} index @param {{ port: number, isTls: boolean }} target */
  constructor(connection, index, { port, isTls }) {
    this.#connection = connection;
    this.#index = index;
    this.#socket = isTls
      ? connectTls({
          port,
          host: '127.0.0.1',
          rejectUnauthorized: false,
          ALPNProtocols: ['http/1.1'],
        })
      : connectTcp(port, '127.0.0.1');
    this.#socket.setNoDelay(true);
    this.#socket.setEncoding('latin1');
    this.#socket.on('data', (data) => {
      this.bytes += data.length;
      this.#received += data;
      this.#wake();
    });
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  async run() {
    const ready =
      this.#socket instanceof Object && 'encrypted' in this.#socket ? 'secureConnect' : 'connect';
    await new Promise((resolve) => {
      this.#socket.once(ready, resolve);
      this.#socket.once('close', resolve);
    });
    const { requests, isPipelined } = this.#connection;
    const all = requests.map((/** @type {any} */ request, /** @type {number} */ n) => ({
      ...bytesOf(request, `${this.#index}.${n}`),
      request,
    }));
    if (isPipelined) {
      this.#write(all.map((/** @type {any} */ { head, body }) => head + body.join('')).join(''));
      for (const { request } of all) if (!(await this.#receive(request))) break;
    } else {
      for (const { head, body, request } of all) {
        this.#write(head);
        if (request.expect && body.length > 0) {
          await this.#until(() => this.#received.includes('\r\n\r\n') || this.#isClosed);
          if (/^HTTP\/1.1 100/.test(this.#received)) await this.#writeAll(body);
        } else await this.#writeAll(body);
        if (!(await this.#receive(request))) break;
      }
    }
    if (this.ended === '') this.ended = this.#isClosed ? 'server' : 'client';
    this.#socket.destroy();
    if (!this.#isClosed) await this.#until(() => this.#isClosed);
  }

  /** @param {string[]} parts */
  async #writeAll(parts) {
    for (const [n, part] of parts.entries()) {
      if (n > 0) for (let turn = 0; turn < 3; turn += 1) await immediate();
      this.#write(part);
    }
  }

  /** @param {string} bytes */
  #write(bytes) {
    if (bytes !== '' && !this.#socket.destroyed && !this.#socket.writableEnded)
      this.#socket.write(bytes, 'latin1');
  }

  /** @param {() => boolean} isDone */
  async #until(isDone) {
    while (!isDone()) {
      await new Promise((resolve) => {
        this.#wake = () => resolve(undefined);
      });
    }
  }

  /**
   * @param {any} request
   * @returns {Promise<boolean>} Whether another request may follow.
   */
  async #receive(request) {
    for (;;) {
      const taken = takeReply(this.#received, request.method, this.#isClosed);
      if (taken === undefined) {
        if (this.#isClosed) break;
        const before = this.#received.length;
        await this.#until(() => this.#received.length > before || this.#isClosed);
        continue;
      }
      this.#received = taken.rest;
      this.replies.push(taken.reply);
      const { status } = taken;
      if (status === broken) {
        this.ended = 'broken';
        return false;
      }
      if (status === 101 || (status === 200 && request.method === 'CONNECT')) {
        await this.#tunnel(request);
        return false;
      }
      if (status >= 200) {
        if (taken.isLast) await this.#until(() => this.#isClosed);
        return !taken.isLast;
      }
    }
    return false;
  }

  /** @param {any} request */
  async #tunnel(request) {
    this.#write('ping');
    await this.#until(() => this.#received.includes('ping') || this.#isClosed);
    this.replies.push(plain(`tunnel: ${this.#received}`));
    if (request.leaves === 'reset' && !('encrypted' in this.#socket))
      this.#socket.resetAndDestroy();
    else if (request.leaves === 'halfClose') {
      this.#socket.end();
      await this.#until(() => this.#isClosed);
    } else this.#socket.destroy();
    this.ended = 'tunnel';
  }

  /** @param {string} how */
  leave(how) {
    if (how === 'halfClose') return void this.#socket.end();
    this.ended = 'left';
    if (how === 'reset' && !('encrypted' in this.#socket)) this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  hang() {
    if (this.#isClosed) return;
    this.ended ||= 'hung';
    this.replies.push(plain(`unfinished: ${hash(this.#received)}`));
    this.#socket.destroy();
  }
}

/** @param {string} text @returns {Reply} */
const plain = (text) => ({ line: text, headers: [], body: '', trailers: [], ids: [] });

/**
 * Splits the first response from what was received.
 *
 * @param {string} received
 * @param {string} method
 * @param {boolean} isClosed
 */
function takeReply(received, method, isClosed) {
  const response = readResponse(received, method);
  if (response === undefined) {
    if (!isClosed || received === '') return undefined;
    return { reply: plain(`rest: ${hash(received)}`), rest: '', status: broken, isLast: true };
  }
  const { line, status, headers, body, trailers, isWhole, rest } = response;
  const connection = headers.find(([name]) => name.toLowerCase() === 'connection')?.[1];
  const isLast =
    connection?.toLowerCase() === 'close' ||
    (line.startsWith('HTTP/1.0') && connection?.toLowerCase() !== 'keep-alive');
  const reply = { line, ...split(headers), body: hash(body), trailers };
  // The app sent less than it announced. Where this body ends depends on the length of the next head.
  if (isWhole !== undefined && body.includes('HTTP/1.1 '))
    return {
      ...{ rest: '', status: broken, isLast: true },
      reply: { ...reply, body: 'holds another response' },
    };
  if (isWhole) return { reply, rest, status, isLast };
  if (!isClosed) return undefined;
  // How much arrives depends on the length of the head, which our header adds to.
  if (isWhole === false) reply.body = 'cut off';
  else if (body.length > 65_536) reply.body = 'until the end';
  return { reply, rest: '', status, isLast: true };
}

/** A client that sends its requests as streams of one HTTP/2 session. */
class Http2Client {
  /** @type {import('node:http2').ClientHttp2Session} */
  #session;
  /** @type {any} */
  #connection;
  /** @type {number} */
  #index;
  /** @type {import('node:http2').ClientHttp2Stream[]} */
  #streams = [];
  /** @type {Reply[]} */
  replies = [];
  ended = '';
  bytes = 0;

  /** @param {any} connection @param {number} index @param {{ port: number, isTls: boolean }} target */
  constructor(connection, index, { port, isTls }) {
    this.#connection = connection;
    this.#index = index;
    this.#session = connectHttp2(`${isTls ? 'https' : 'http'}://127.0.0.1:${port}`, {
      rejectUnauthorized: false,
    });
    this.#session.on('error', () => {});
  }

  async run() {
    const { requests, isPipelined } = this.#connection;
    const jobs = [];
    for (const [n, request] of requests.entries()) {
      if (request.hostile !== undefined || request.upgrade || request.method === 'CONNECT')
        continue;
      const job = this.#request(request, `${this.#index}.${n}`, n);
      jobs.push(job);
      if (!isPipelined) await job;
    }
    await Promise.all(jobs);
    this.ended ||= 'client';
    this.#session.destroy();
  }

  /** @param {any} request @param {string} tag @param {number} n */
  #request(request, tag, n) {
    /** @type {Record<string, string | string[]>} */
    const headers = { ':method': request.method, ':path': pathOf(request, tag) };
    for (const [name, value] of [...idHeaders(request, tag), ...request.headers]) {
      const key = String(name).toLowerCase();
      headers[key] = headers[key] === undefined ? String(value) : `${headers[key]}, ${value}`;
    }
    if (request.expect) headers.expect = '100-continue';
    if (request.body) headers['content-type'] = types[/** @type {'json'} */ (request.body.type)];
    const reply = plain('no response');
    return new Promise((resolve) => {
      const done = () => {
        this.replies[n] = reply;
        resolve(undefined);
      };
      if (this.#session.destroyed) return done();
      const stream = this.#session.request(headers, { endStream: request.body === undefined });
      this.#streams[n] = stream;
      stream.setEncoding('latin1');
      let body = '';
      stream.on('response', ({ ':status': status, ...others }) => {
        reply.line = String(status);
        const lines = Object.entries(others).flatMap(([name, value]) =>
          [value ?? ''].flat().map((one) => /** @type {[string, string]} */ ([name, one])),
        );
        Object.assign(reply, split(lines));
      });
      stream.on('headers', ({ ':status': status }) => reply.trailers.push(`${status}`));
      stream.on('trailers', ({ 'x-trailer': trailer }) => reply.trailers.push(String(trailer)));
      stream.on('data', (data) => {
        this.bytes += data.length;
        body += data;
      });
      stream.on('error', () => {});
      stream.on('close', () => {
        // How much arrives before the client leaves depends on the length of the heads.
        reply.body = `${this.#session.destroyed ? 'cut off' : hash(body)} code ${stream.rstCode}`;
        done();
      });
      if (request.body !== undefined) stream.end(bodyOf(request.body));
    });
  }

  /** @param {string} how */
  leave(how) {
    this.ended = 'left';
    if (how !== 'reset') return this.#session.destroy();
    for (const stream of this.#streams) stream?.close(constants.NGHTTP2_CANCEL);
  }

  hang() {
    if (this.#session.destroyed) return;
    this.ended ||= 'hung';
    this.#session.destroy();
  }
}

/**
 * @param {any} connection
 * @param {number} index
 * @param {{ port: number, transport: string }} target
 */
export function createClient(connection, index, { port, transport }) {
  const isTls = transport === 'https' || transport === 'h2';
  const isHttp2 = transport === 'h2c' || (transport === 'h2' && !connection.isHttp1);
  return new (isHttp2 ? Http2Client : Http1Client)(connection, index, { port, isTls });
}
