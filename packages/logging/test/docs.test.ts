import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { trace } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import { describe, expect, it } from 'vitest';
import { listen, send } from '../../../tests/kit/http.ts';
import { app as marking } from './recipes/mark-span.js';
import { app as tracing } from './recipes/trace-id.js';

const recipes = join(import.meta.dirname, 'recipes');
const root = join(import.meta.dirname, '../../..');

describe('docs/tracing.md', () => {
  it('show exactly the tested recipes', () => {
    const page = readFileSync(join(root, 'docs/tracing.md'), 'utf8');
    const files = readdirSync(recipes).map((file) => join(recipes, file));
    // The tests of tests/hosts run this one.
    files.push(join(root, 'tests/hosts/cases/recipes/sentry.mjs'));
    const shown = Array.from(page.matchAll(/^```js\n(.*?)^```$/gms), ([, code]) => String(code));
    expect(shown.sort()).toEqual(files.map((file) => readFileSync(file, 'utf8')).sort());
  });

  it.each(['trace-pino', 'trace-winston'])('log the id and the span, in %s', async (name) => {
    const program = join(import.meta.dirname, 'support/log-in-span.js');
    const { stdout } = await promisify(execFile)(process.execPath, [program, name]);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const line = lines.find(({ requestId }) => requestId !== undefined);
    const span = lines.find(({ requestId }) => requestId === undefined);
    expect(line).toMatchObject({ requestId: 'myid', ...span, trace_flags: '01' });
  });

  it('mark the span of a request', async () => {
    const exporter = new InMemorySpanExporter();
    new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).register();
    const server = createServer((req, res) => {
      trace.getTracer('test').startActiveSpan('server', (span) => {
        marking(req, res);
        res.once('finish', () => span.end());
      });
    });
    await send(`${await listen(server)}/orders/7`, { id: 'myid' });
    await expect
      .poll(() => exporter.getFinishedSpans().map(({ attributes }) => attributes))
      .toEqual([
        {
          'http.response.header.x_request_id': ['myid'],
          'http.request.header.x_request_id': ['myid'],
        },
      ]);
  });

  it('use the id of the trace', async () => {
    const url = await listen(createServer(tracing));
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const sent = await send(url, { headers: { traceparent } });
    expect(sent.id).toBe('4bf92f3577b34da6a3ce929d0e0e4736');
    expect((await send(url)).id).toMatch(/^[0-9a-f]{32}$/);
  });
});
