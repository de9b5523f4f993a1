// Tracers finish as many spans or transactions as without the library, and the ids are right.
// Arguments: the tracer, and when it is loaded.

import { agents, startCollector } from './support/agents.mjs';
import { ask, finish, holds, listen, loadLibrary, same, variant } from './support/case.mjs';
import { hosts } from './support/hosts.mjs';

const [agentName = '', moment = ''] = variant;
const collector = await startCollector();
/** @type {import('./support/agents.mjs').Agent} */
let agent;
if (moment === 'early') agent = await agents[agentName](collector);

const core = await loadLibrary('core');
const seen = {};
function listener(req, res) {
  seen[req.url] = core?.getRequestId();
  if (req.url.includes('/client')) {
    ask(req.socket.server, { path: req.url.replace('client', 'inner') }).then(({ body }) =>
      res.end(body),
    );
  } else if (req.url.includes('/stream')) {
    res.writeHead(200, { 'Content-Type': 'text/plain' });
    res.write('a');
    setTimeout(() => res.end('b'), 5);
  } else {
    res.end('ok');
  }
}

const names = ['node:http', 'attach', 'express 5', 'koa 3', 'fastify 5'];
const loaded = [];
for (const name of names) loaded.push(await hosts[name](listener));
if (moment === 'late') agent = await agents[agentName](collector);

const servers = [];
for (const { create, ready } of loaded) {
  const server = create();
  await ready?.();
  servers.push(await listen(server));
}
if (moment === 'after the first request') {
  for (const server of servers) {
    for (const path of ['/first', '/framework']) await ask(server, { path });
  }
  agent = await agents[agentName](collector);
}

const sent = {};
const echoed = {};
const expected = {};
for (const [index, server] of servers.entries()) {
  for (const path of ['/plain', '/framework', '/stream', '/client', '/again']) {
    const url = path === '/framework' ? path : `${path}/${index}`;
    const key = `${names[index]}: ${path}`;
    sent[key] = `id-${index}${path.replace('/', '-')}`;
    const { id } = await ask(server, { path: url, id: sent[key] });
    echoed[key] = id;
    // Frameworks send these responses themselves.
    if (path !== '/framework') expected[url] = sent[key];
  }
}
const finished = await agent.finished();
same('spans', finished);
holds('ids of the responses', sent, echoed);
holds('ids in the handlers', expected, { ...expected, ...pick(seen, Object.keys(expected)) });
if (process.env.SHOW) console.error(finished);
finish();

function pick(object, keys) {
  return Object.fromEntries(keys.map((key) => [key, object[key]]));
}
