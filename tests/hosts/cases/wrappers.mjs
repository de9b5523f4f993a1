// Wrappers like those of tracers see exactly the events and calls that they see without the library.
// Arguments: the host, the kind of wrapper, and when it is installed.
import { EventEmitter } from 'node:events';
import http from 'node:http';
import { isWithinWriteHead, wrapCall } from '../../kit/wrap-call.js';
import { ask, finish, holds, listen, loadLibrary, same, sleep, variant } from './support/case.mjs';
import { bothBuilds, hosts } from './support/hosts.mjs';

const [hostName = '', kind = '', moment = ''] = variant;

/** @type {Record<string, string[]>} */
const calls = {};
let isRecording = false;

/** Adds a call to its object's list. The order of calls on different objects may differ between runs. */
function record(name, self, args) {
  const label = isRecording && labelOf(self);
  if (!label) return;
  const text = textOf(name, args);
  if (text === undefined) return;
  calls[label] ??= [];
  calls[label].push(text);
}

function labelOf(self) {
  if (self instanceof http.Server) return 'server';
  if (self instanceof http.ServerResponse) return `response ${self.req?.url}`;
  if (self instanceof http.ClientRequest) return `client request ${self.path}`;
  if (!(self instanceof http.IncomingMessage)) return undefined;
  // A client's response has an empty url.
  return self.url ? `request ${self.url}` : `client response ${self.req?.path}`;
}

function textOf(name, args) {
  if (name.endsWith('emit')) return `${name} ${String(args[0])}`;
  // Ignores the library's header, and the headers that Node's writeHead sets one by one once there is any header.
  if (name === 'setHeader' && (/^x-request-id$/i.test(args[0]) || isWithinWriteHead()))
    return undefined;
  if (name === 'writeHead') return `${name} ${JSON.stringify(args)}`;
  return `${name}/${args.length}`;
}

function wrap(target, method, name) {
  const wrapper = wrapCall[kind](target[method], (self, args) => record(name, self, args));
  const descriptor = Object.getOwnPropertyDescriptor(target, method);
  if (kind === 'copy') {
    const { enumerable = false } = descriptor ?? {};
    Object.defineProperty(target, method, {
      value: wrapper,
      configurable: true,
      writable: true,
      enumerable,
    });
  } else {
    target[method] = wrapper;
  }
}

function wrapPrototypes() {
  wrap(EventEmitter.prototype, 'emit', 'EventEmitter emit');
  wrap(http.Server.prototype, 'emit', 'Server emit');
  wrap(http.IncomingMessage.prototype, 'emit', 'IncomingMessage emit');
  wrap(http.ClientRequest.prototype, 'emit', 'ClientRequest emit');
  for (const method of ['emit', 'writeHead', 'end', 'write', 'setHeader']) {
    wrap(http.ServerResponse.prototype, method, method === 'emit' ? 'ServerResponse emit' : method);
  }
}

/** Wraps methods of one server, and of each request and response when it arrives. */
function wrapObjects(server) {
  server.prependListener('request', (req, res) => {
    wrap(req, 'emit', 'own emit');
    wrap(res, 'emit', 'own emit');
    wrap(res, 'writeHead', 'own writeHead');
    wrap(res, 'end', 'own end');
    wrap(res, 'write', 'own write');
  });
  wrap(server, 'emit', 'own emit');
}

const context = await loadLibraryNow('core');
async function loadLibraryNow(name) {
  // Loads both the library and the framework, before the wrappers or after them.
  return moment === 'before' ? undefined : loadLibrary(name);
}

/** @type {Record<string, string | undefined>} */
const ids = {};
let getRequestId = () => undefined;

function listener(req, res) {
  ids[req.url] = getRequestId();
  switch (req.url.split('?')[0]) {
    case '/echo':
      req.on('data', (chunk) => res.write(chunk));
      req.on('end', () => res.end());
      return;
    case '/stream':
      res.setHeader('X-Own', '1');
      res.writeHead(200, { 'Content-Type': 'text/plain' });
      res.write('a');
      setTimeout(() => res.end('b'), 5);
      return;
    case '/silent':
      // Events without a listener.
      req.emit('metric', 1);
      res.emit('metric', 1);
      res.end('x');
      return;
    case '/client':
      ask(req.socket.server, { path: '/inner' }).then(({ body }) => res.end(body));
      return;
    default:
      res.end('ok');
  }
}

if (moment === 'before') wrapPrototypes();
const loaders = hostName === 'both builds' ? bothBuilds : [hosts[hostName]];
const loaded = [];
for (const load of loaders) loaded.push(await load(listener));
getRequestId = (context ?? (await loadLibrary('core')))?.getRequestId ?? getRequestId;
if (moment === 'after loading') wrapPrototypes();

const servers = [];
for (const { create, ready } of loaded) {
  const server = create(moment === 'own, early' ? wrapObjects : undefined);
  if (moment === 'own, late') wrapObjects(server);
  await ready?.();
  servers.push(await listen(server));
}
if (moment === 'after the first request') {
  for (const server of servers) {
    await ask(server, { path: '/first' });
    await ask(server, { path: '/framework' });
  }
  await sleep(50);
  wrapPrototypes();
}

isRecording = true;
const echoed = {};
const sent = {};
const paths = ['/', '/framework', '/echo', '/stream', '/silent', '/client', '/again'];
for (const path of paths) {
  for (const [index, server] of servers.entries()) {
    const url = `${path}?${index}`;
    sent[url] = `id-${path.slice(1)}-${index}`;
    const body = path === '/echo' ? { method: 'POST', body: 'hello' } : {};
    const { id } = await ask(server, { path: url, id: sent[url], ...body });
    echoed[url] = id;
  }
}
await sleep(50);
isRecording = false;

same('events and calls', calls);
holds('ids of the responses', sent, echoed);
const within = Object.fromEntries(
  Object.entries(sent).map(([url, id]) => [url, url in ids ? ids[url] : id]),
);
holds('ids in the handlers', sent, within);
finish();
