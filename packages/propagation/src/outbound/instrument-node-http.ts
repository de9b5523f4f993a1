import { Agent, ClientRequest } from 'node:http';
import { isIPv6 } from 'node:net';
import { context, type Snapshot } from '@request-context/core';
import { type Method, shareInProcess, wrapMethod } from '@request-context/core/adapter';
import type { HeaderToSend, Read } from '../carrier/carried-values.ts';
import type { Outbound } from './outbound.ts';

/** The part of a `ClientRequest` that Node, Bun and Deno have, and `@types/node` has not. */
interface Outgoing extends ClientRequest {
  agent?: unknown;
  /** The head, once it has been written. */
  _header?: string | null;
  /** What waits for the socket. `Expect` puts the head there at once. */
  outputData?: { data: unknown }[];
  outputSize?: number;
}

/** The options that an agent is asked for a connection with. */
interface Endpoint {
  readonly host?: unknown;
  readonly port?: unknown;
  readonly socketPath?: unknown;
}

/** What is known when a request is made. */
interface Call {
  /** Runs a function in the scope of the code that made the request. */
  readonly inScope: Snapshot;
  /** Where the connection goes to, as an origin; undefined where that is not certain. */
  readonly origin: string | undefined;
}

/** What all copies of this package in the process share: they patch once, and restore what was there. */
interface Patch {
  readonly outbounds: Set<Outbound>;
  /** Restores the methods; undefined while they are Node's. */
  restore: (() => void) | undefined;
}

const patch: Patch = shareInProcess('@request-context/propagation/node-http:1', () => ({
  outbounds: new Set<Outbound>(),
  restore: undefined,
}));

/** The start of a request's head, up to the target. The method is a token. */
const requestLine = /^(\S+) (\S+) HTTP\/\d/;
/** The scheme of a target in absolute form, as proxies get it. Source: RFC 9112, section 3.2.2. */
const absoluteForm = /^[a-z][a-z\d+.-]*:\/\//i;
/** A host with or without a port, and nothing that the URL standard would read in another way than Node. */
const authority = /^(?:[^/?#@\\%\s[\]:]+|\[[\da-f:.]+\])(:\d+)?$/i;

/**
 * Makes calls of `http` and `https` carry the id. Returns a function that undoes it.
 *
 * It patches two methods. `Agent.prototype.addRequest` runs while a request is made, and knows the port that the agent
 * connects to. `ClientRequest.prototype._storeHeader` writes the head. What is added there is in no header list, so
 * nothing can copy it to another request: superagent and follow-redirects copy what `getHeaders()` returns.
 */
export function instrumentNodeHttp(outbound: Outbound): () => void {
  patch.outbounds.add(outbound);
  patch.restore ??= patchNodeHttp(patch.outbounds);
  return () => {
    if (!patch.outbounds.delete(outbound) || patch.outbounds.size > 0) return;
    patch.restore?.();
    patch.restore = undefined;
  };
}

function patchNodeHttp(outbounds: ReadonlySet<Outbound>): () => void {
  const calls = new WeakMap<ClientRequest, Call>();
  // Another wrapper on top of ours keeps calling it after the end.
  let isActive = true;
  const restores = [
    replace(
      Agent.prototype,
      'addRequest',
      (addRequest) =>
        function (
          this: Agent & { options?: Endpoint },
          req: Outgoing,
          ...rest: unknown[]
        ): unknown {
          if (isActive && context.active) {
            const call = { inScope: context.snapshot(), origin: originOf(req, rest, this.options) };
            calls.set(req, call);
            // An array of headers and `Expect` have written the head already, when the port was not known.
            if (typeof req._header === 'string') changeHead(req, call, outbounds);
          }
          return Reflect.apply(addRequest, this, [req, ...rest]);
        },
    ),
    replace(
      ClientRequest.prototype,
      '_storeHeader',
      (storeHeader) =>
        function (this: Outgoing, firstLine: string, headers: unknown): unknown {
          const call = isActive ? calls.get(this) : undefined;
          if (call === undefined || Array.isArray(headers)) {
            const result: unknown = Reflect.apply(storeHeader, this, [firstLine, headers]);
            if (call !== undefined) changeHead(this, call, outbounds);
            else if (isActive && !(this.agent instanceof Agent)) reportNoTarget(outbounds);
            return result;
          }
          const read: Read = (name) => valuesOf(this.getHeader(name));
          const added = headersFor(call, firstLine, read, outbounds);
          const lines = added.map(([name, value]) => `${name}: ${value}\r\n`).join('');
          const kept = added.some(([name]) => this.hasHeader(name))
            ? pairsWithout(this, added)
            : headers;
          return Reflect.apply(storeHeader, this, [firstLine + lines, kept]);
        },
    ),
  ];
  return () => {
    isActive = false;
    for (const restore of restores) restore();
  };
}

/** Replaces a method. Returns a function that restores it, unless another wrapper has replaced it since. */
function replace<This extends object>(
  object: This,
  name: string,
  wrap: (method: Method) => (this: This, ...args: never[]) => unknown,
): () => void {
  const before = Object.getOwnPropertyDescriptor(object, name);
  if (!wrapMethod(object, name, wrap)) return () => {};
  const ours: unknown = Reflect.get(object, name);
  return () => {
    if (Reflect.get(object, name) !== ours) return;
    if (before === undefined) Reflect.deleteProperty(object, name);
    else Object.defineProperty(object, name, before);
  };
}

/** Returns the headers to add for all that are turned on, each of which sees what the ones before it added. */
function headersFor(
  { inScope, origin }: Call,
  head: string,
  read: Read,
  outbounds: ReadonlySet<Outbound>,
): readonly HeaderToSend[] {
  return inScope(() => {
    const target = targetOf(origin, head, read);
    let added: readonly HeaderToSend[] = [];
    for (const outbound of outbounds) {
      const earlier = added;
      const next = outbound.headersFor(target, (name) => {
        const own = earlier.filter(([header]) => isSame(header, name)).map(([, value]) => value);
        return own.length > 0 ? own : read(name);
      });
      added = [
        ...earlier.filter(([name]) => !next.some(([header]) => isSame(header, name))),
        ...next,
      ];
    }
    return added;
  });
}

/** Reports that a request goes to where no agent of Node's knows. */
function reportNoTarget(outbounds: ReadonlySet<Outbound>): void {
  for (const outbound of outbounds) outbound.headersFor(undefined, () => []);
}

/** Adds headers to a head that has been written, and not been sent. */
function changeHead(req: Outgoing, call: Call, outbounds: ReadonlySet<Outbound>): void {
  const head = req._header as string;
  const lines = head.split('\r\n');
  const named = (line: string, name: string) =>
    line[name.length] === ':' && isSame(line.slice(0, name.length), name);
  const added = headersFor(
    call,
    head,
    (name) =>
      lines.filter((line) => named(line, name)).map((line) => line.slice(name.length + 1).trim()),
    outbounds,
  );
  if (added.length === 0) return;
  const first = lines[0] as string;
  const changed = [
    first,
    ...added.map(([name, value]) => `${name}: ${value}`),
    ...lines.slice(1).filter((line) => !added.some(([name]) => named(line, name))),
  ].join('\r\n');
  req._header = changed;
  const waiting = req.outputData?.[0];
  if (typeof waiting?.data !== 'string' || !waiting.data.startsWith(head)) return;
  waiting.data = changed + waiting.data.slice(head.length);
  if (req.outputSize !== undefined) req.outputSize += changed.length - head.length;
}

/** Returns a request's headers as pairs, without some. Node writes pairs and its own list alike. */
function pairsWithout(req: ClientRequest, without: readonly HeaderToSend[]): unknown[] {
  return req
    .getRawHeaderNames()
    .filter((name) => !without.some(([header]) => isSame(header, name)))
    .map((name) => [name, req.getHeader(name)]);
}

/** Returns the origin that an agent connects to; undefined where that is not certain. */
function originOf(
  req: Outgoing,
  [options, port]: readonly unknown[],
  agentOptions: Endpoint | undefined,
): string | undefined {
  // CONNECT asks a proxy for a tunnel: its headers are for the proxy.
  if (req.method === 'CONNECT') return undefined;
  const asked =
    typeof options === 'object' && options !== null
      ? (options as Endpoint)
      : { host: options, port };
  // As in Node, the agent's own options take precedence.
  const endpoint: Endpoint = { ...asked, ...agentOptions };
  if (endpoint.socketPath) return undefined;
  const host = String(endpoint.host ?? 'localhost');
  const name = `${isIPv6(host) ? `[${host}]` : host}:${endpoint.port}`;
  return authority.test(name) ? `${req.protocol}//${name}` : undefined;
}

/** Returns the URL that a request is for; undefined where that is not certain. */
function targetOf(origin: string | undefined, head: string, read: Read): URL | undefined {
  const path = requestLine.exec(head)?.[2];
  if (origin === undefined || path === undefined) return undefined;
  const isAbsolute = absoluteForm.test(path);
  const text = isAbsolute ? path : path.startsWith('/') ? origin + path : origin;
  if (!URL.canParse(text)) return undefined;
  const target = new URL(text);
  const hosts = read('host');
  // A proxy that gets a target in absolute form gets its host as well. Who gets another one may be no proxy.
  if (hosts.length === 0) return isAbsolute ? undefined : target;
  return hosts.length === 1 && isFor(target, hosts[0]) ? target : undefined;
}

/** Returns whether a `Host` header names the host of a URL, and no other port. */
function isFor(target: URL, host: unknown): boolean {
  if (host === target.host) return true;
  const match = typeof host === 'string' ? authority.exec(host) : null;
  if (match === null || !URL.canParse(`${target.protocol}//${host}`)) return false;
  const named = new URL(`${target.protocol}//${host}`);
  return (
    named.hostname === target.hostname && (match[1] === undefined || named.port === target.port)
  );
}

function valuesOf(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

function isSame(a: string, b: string): boolean {
  return a.length === b.length && a.toLowerCase() === b.toLowerCase();
}
