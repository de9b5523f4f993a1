// node:domain is first required after the first request. Errors of requests and responses in a domain still reach the
// domain. Arguments: the host, and whether the request or the response emits.
import { ask, finish, holds, messageOf, require, same, sleep, variant } from './support/case.mjs';
import { serveBy } from './support/hosts.mjs';

const [hostName = '', emitter = ''] = variant;
const outcome = [];
process.on('uncaughtException', (error) => outcome.push(`uncaught: ${messageOf(error)}`));

function listener(req, res) {
  if (!req.url.startsWith('/domain')) return res.end('ok');
  const domain = require('node:domain').create();
  const target = emitter === 'request' ? req : res;
  domain.add(target);
  domain.on('error', (error) => {
    outcome.push(`domain: ${messageOf(error)}`);
    if (!res.writableEnded) res.end('handled by the domain');
  });
  target.on('custom', () => {
    throw new Error(`thrown for ${req.url}`);
  });
  // The domain is not entered. Only the emitter belongs to it.
  setImmediate(() => {
    target.emit('error', new Error(`emitted for ${req.url}`));
    setTimeout(() => target.emit('custom'), 5);
  });
}

const server = await serveBy(hostName, listener);
await ask(server, { path: '/first' });
for (const path of ['/domain/1', '/domain/2']) {
  const { status, body, error, id } = await ask(server, { path, id: 'myid' });
  same(`response to ${path}`, error ?? `${status} ${body}`);
  holds(`id of ${path}`, 'myid', id);
}
await sleep(50);
same('where errors arrive', outcome.toSorted());
finish();
