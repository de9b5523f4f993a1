// A process that collects what tracers send, and reports it over IPC. It is a separate process, so that no tracer traces
// it.
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { unzipSync } from 'node:zlib';
import { decode } from '@msgpack/msgpack';
import { generate } from 'selfsigned';
import { serve } from '../../../kit/serve.js';

/** @type {string[]} */
const collected = [];

/** @param {string} url @param {Buffer} body @returns {unknown} */
function collect(url, body) {
  if (url.includes('/traces')) return collectDatadog(body);
  if (url.includes('/intake/')) return collectElastic(body);
  const method = new URL(url, 'http://collector').searchParams.get('method');
  if (method !== null) return collectNewRelic(method, body);
  return {};
}

function collectDatadog(body) {
  for (const trace of decode(body, { useBigInt64: true })) {
    for (const { name, resource, error } of trace) {
      collected.push(`${name} ${resource}${error ? ', error' : ''}`);
    }
  }
  return { rate_by_service: {} };
}

function collectElastic(body) {
  for (const line of body.toString('utf8').split('\n')) {
    if (line === '') continue;
    const { transaction, span, error } = JSON.parse(line);
    if (transaction) collected.push(`transaction ${transaction.name} ${transaction.result}`);
    if (span) collected.push(`span ${span.type} ${span.name}`);
    if (error) collected.push(`error ${error.exception?.message}`);
  }
  return {};
}

function collectNewRelic(method, body) {
  switch (method) {
    case 'preconnect':
      return { return_value: { redirect_host: `localhost:${securePort}` } };
    case 'connect':
      return {
        return_value: { agent_run_id: 1, sampling_target: 1000, collect_analytics_events: true },
      };
    case 'analytic_event_data': {
      const [, , events] = JSON.parse(body.toString('utf8'));
      for (const [{ name }] of events) collected.push(`transaction ${name}`);
      return { return_value: null };
    }
    default:
      return { return_value: method === 'get_agent_commands' ? [] : null };
  }
}

/** @type {import('node:http').RequestListener} */
function listener(req, res) {
  /** @type {Buffer[]} */
  const chunks = [];
  req.on('data', (chunk) => chunks.push(chunk));
  req.on('end', () => {
    const raw = Buffer.concat(chunks);
    const isPacked = ['gzip', 'deflate'].includes(String(req.headers['content-encoding']));
    let reply = {};
    try {
      reply = collect(req.url ?? '', isPacked && raw.length > 0 ? unzipSync(raw) : raw) ?? {};
    } catch (error) {
      collected.push(`not understood: ${req.url}: ${error}`);
    }
    res.setHeader('Content-Type', 'application/json');
    res.end(JSON.stringify(reply));
  });
}

const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }]);
const servers = [createServer(listener), createSecureServer({ key, cert }, listener)];
const [port, securePort] = (await Promise.all(servers.map(serve))).map((served) => served.port);
process.on('message', () => process.send?.(collected));
process.on('disconnect', () => process.exit(0));
process.send?.({ port, securePort, cert });
