import { Agent, ClientRequest } from 'node:http';
import { isIPv6 } from 'node:net';
import { context, type Snapshot } from '@request-context/core';
import { shareInProcess } from '@request-context/core/adapter';
import type { HeaderToSend, Read } from '../carrier/carried-values.ts';
import { isSameName } from '../internal/is-same-name.ts';
import { listOf } from '../internal/list-of.ts';
import { parseUrl } from '../internal/parse-url.ts';
import type { Outbound } from './outbound.ts';
import { patchMethod } from './patch-method.ts';

/** The part of a `ClientRequest` that Node, Bun and Deno have, and `@types/node` has not. */
interface Outgoing extends ClientRequest {
  agent?: unknown;
  /** The head, once it has been written. */
  _header?: string | null;
  /** What waits for the socket. `Expect` puts the head there at once. */
  outputData?: { data: unknown }[];
  outputSize?: number;
  _storeHeader(firstLine: string, headers: unknown): void;
}

/** An agent of any make. */
interface AnyAgent {
  readonly options?: Endpoint;
  addRequest(req: Outgoing, ...rest: unknown[]): unknown;
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
  readonly origin: URL | undefined;
}

/** Returns the given object from its constructor, so a subclass's private fields land on it. */
class Same {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: the class exists for this
    return object as Same;
  }
}

/** Adds a call to a request, in a private field: it costs less than a WeakMap, and nobody sees it. */
class CallSlot extends Same {
  readonly #call: Call;

  constructor(req: object, call: Call) {
    super(req);
    this.#call = call;
  }

  static has(req: object): boolean {
    return #call in req;
  }

  static get(req: object): Call | undefined {
    return #call in req ? req.#call : undefined;
  }
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

/** Bun's constructor does not look at a request's agent again once it has set it. */
const isBun = process.versions.bun !== undefined;
/** The start of a request's head, with the target. */
const requestLine = /^\S+ (\S+) HTTP\/\d/;
/** The scheme of a target in absolute form, as proxies get it. Source: RFC 9112, section 3.2.2. */
const absoluteForm = /^[a-z][a-z\d+.-]*:\/\//i;
/** A host with or without a port, and nothing that the URL standard would read in another way than Node. */
const authority = /^(?:[^/?#@\\%\s[\]:]+|\[[\da-f:.]+\])(:\d+)?$/i;

/**
 * Makes calls of `http` and `https` carry the id. Returns a function that undoes it.
 *
 * It patches three methods. `Agent.prototype.addRequest` runs while a request is made, and gets the port that the agent
 * connects to; `ClientRequest.prototype.getHeader` finds agents that have another one. `_storeHeader`, which becomes
 * an own method of `ClientRequest.prototype`, writes the head. What is added there is in no list of headers, so
 * nothing can copy it to another request, as superagent does with what `getHeaders()` returns.
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
  const followed = new WeakSet<ClientRequest>();
  // A wrapper on top of ours keeps calling it after the end.
  let isActive = true;

  function note(req: Outgoing, rest: readonly unknown[], agentOptions: Endpoint | undefined): void {
    if (!isActive || !context.active || CallSlot.has(req)) return;
    const call = { inScope: context.snapshot(), origin: originOf(req, rest, agentOptions) };
    void new CallSlot(req, call);
    // An array of headers and `Expect` have written the head already, when the port was not known.
    if (typeof req._header === 'string') changeHead(req, call, outbounds);
  }

  /** Sees what an agent is asked for that is none of Node's, such as those of agent-base before 7. */
  function follow(req: Outgoing): void {
    const { agent } = req;
    if (isBun || agent instanceof Agent || !isAgent(agent)) return;
    if (!context.active || followed.has(req)) return;
    followed.add(req);
    // It lasts until the end of the request's constructor, which calls only this method.
    req.agent = Object.create(agent, {
      addRequest: {
        value(_req: Outgoing, ...rest: unknown[]): unknown {
          req.agent = agent;
          note(req, rest, agent.options);
          return agent.addRequest(req, ...rest);
        },
      },
    });
  }

  const restores = [
    patchMethod(
      Agent.prototype as unknown as AnyAgent,
      'addRequest',
      (original) =>
        function (this: AnyAgent, req: Outgoing, ...rest: unknown[]) {
          note(req, rest, this.options);
          return original().call(this, req, ...rest);
        },
    ),
    patchMethod(
      ClientRequest.prototype as Outgoing,
      'getHeader',
      (original) =>
        function (this: Outgoing, name) {
          // The constructor asks for this after it has set the agent. An array of headers goes to `_storeHeader`.
          if (isActive && name === 'host') follow(this);
          return original().call(this, name);
        },
    ),
    patchMethod(
      ClientRequest.prototype as Outgoing,
      '_storeHeader',
      (original) =>
        function (this: Outgoing, firstLine, headers) {
          const call = isActive ? CallSlot.get(this) : undefined;
          if (call !== undefined && !Array.isArray(headers)) {
            const read: Read = (name) => listOf(this.getHeader(name));
            const added = headersFor(call, firstLine, read, outbounds);
            let head = firstLine;
            let isThere = false;
            for (const [name, value] of added) {
              head += `${name}: ${value}\r\n`;
              isThere ||= this.hasHeader(name);
            }
            original().call(this, head, isThere ? pairsWithout(this, added) : headers);
            return;
          }
          if (isActive && call === undefined) {
            if (this.agent) follow(this);
            else reportNoTarget(outbounds);
          }
          original().call(this, firstLine, headers);
          if (call !== undefined) changeHead(this, call, outbounds);
        },
    ),
  ];
  return () => {
    isActive = false;
    for (const restore of restores) restore();
  };
}

function isAgent(agent: unknown): agent is AnyAgent {
  return typeof agent === 'object' && agent !== null && 'addRequest' in agent;
}

/** Returns the headers to add for all that are turned on, each of which sees what the ones before it added. */
function headersFor(
  { inScope, origin }: Call,
  head: string,
  read: Read,
  outbounds: ReadonlySet<Outbound>,
): readonly HeaderToSend[] {
  let isPathNeeded = false;
  for (const outbound of outbounds) isPathNeeded ||= outbound.isPathNeeded;
  const target = targetOf(origin, head, read, isPathNeeded);
  return inScope(() => {
    let added: readonly HeaderToSend[] = [];
    for (const outbound of outbounds) {
      if (added.length === 0) {
        added = outbound.headersFor(target, read);
        continue;
      }
      const earlier = added;
      const next = outbound.headersFor(target, (name) => {
        const own = earlier
          .filter(([header]) => isSameName(header, name))
          .map(([, value]) => value);
        return own.length > 0 ? own : read(name);
      });
      const others = earlier.filter(([name]) => !next.some(([header]) => isSameName(header, name)));
      added = [...others, ...next];
    }
    return added;
  });
}

/** Reports that a request has no agent: only its caller's `createConnection` knows the port. */
function reportNoTarget(outbounds: ReadonlySet<Outbound>): void {
  for (const outbound of outbounds) outbound.headersFor(undefined, () => []);
}

/** Adds headers to a head that has been written, and not been sent. */
function changeHead(req: Outgoing, call: Call, outbounds: ReadonlySet<Outbound>): void {
  const head = req._header as string;
  const lines = head.split('\r\n');
  const named = (line: string, name: string) =>
    line[name.length] === ':' && isSameName(line.slice(0, name.length), name);
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
    .filter((name) => !without.some(([header]) => isSameName(header, name)))
    .map((name) => [name, req.getHeader(name)]);
}

/** Returns the origin that an agent connects to; undefined where that is not certain. */
function originOf(
  req: Outgoing,
  [options, port]: readonly unknown[],
  agentOptions: Endpoint | undefined,
): URL | undefined {
  // CONNECT asks a proxy for a tunnel: its headers are for the proxy.
  if (req.method === 'CONNECT') return undefined;
  const asked =
    typeof options === 'object' && options !== null
      ? (options as Endpoint)
      : { host: options, port };
  // As in Node, the agent's own options take precedence.
  const pick = (name: keyof Endpoint): unknown =>
    agentOptions !== undefined && name in agentOptions ? agentOptions[name] : asked[name];
  if (pick('socketPath')) return undefined;
  return parseOrigin(req.protocol, pick('host') ?? 'localhost', pick('port'));
}

/** The last origin of each host: parsing one costs more than the rest. */
const origins = new Map<unknown, { protocol: string; port: unknown; url: URL | undefined }>();
/** Hosts to remember. */
const maxHosts = 500;

function parseOrigin(protocol: string, host: unknown, port: unknown): URL | undefined {
  const known = origins.get(host);
  if (known?.port === port && known?.protocol === protocol) return known?.url;
  const text = String(host);
  const name = `${isIPv6(text) ? `[${text}]` : text}:${port}`;
  const url = authority.test(name) ? parseUrl(`${protocol}//${name}`) : undefined;
  if (origins.size >= maxHosts) origins.clear();
  if (typeof host === 'string') origins.set(host, { protocol, port, url });
  return url;
}

/** Returns the URL that a request is for; undefined where that is not certain. */
function targetOf(
  origin: URL | undefined,
  head: string,
  read: Read,
  isPathNeeded: boolean,
): URL | undefined {
  if (origin === undefined) return undefined;
  // What nearly every request has: an origin decides, and the path is none.
  const isOrigin = !isPathNeeded && head[head.indexOf(' ') + 1] === '/';
  const path = isOrigin ? '/' : requestLine.exec(head)?.[1];
  if (path === undefined) return undefined;
  const isAbsolute = !isOrigin && absoluteForm.test(path);
  const target = isAbsolute
    ? parseUrl(path)
    : isPathNeeded && path.startsWith('/')
      ? parseUrl(origin.origin + path)
      : origin;
  if (target === undefined) return undefined;
  const hosts = read('host');
  // A proxy that gets a target in absolute form gets its host as well. Who gets another one may be no proxy.
  if (hosts.length === 0) return isAbsolute ? undefined : target;
  return hosts.length === 1 && isFor(target, hosts[0]) ? target : undefined;
}

/** Returns whether a `Host` header names the host of a URL, and no other port. */
function isFor(target: URL, host: unknown): boolean {
  if (host === target.host) return true;
  const match = typeof host === 'string' ? authority.exec(host) : null;
  const named = match === null ? undefined : parseUrl(`${target.protocol}//${host}`);
  return (
    named?.hostname === target.hostname && (match?.[1] === undefined || named.port === target.port)
  );
}
