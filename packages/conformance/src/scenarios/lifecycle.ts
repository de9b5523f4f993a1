import type { EventEmitter } from 'node:events';
import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { finished, pipeline, Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client, HttpScenario, ProbedExchange } from '../http-scenario.ts';
import { record } from '../probes.ts';

/** Records the current id under a label. */
type Note = (label: string) => void;

/** Events of a request or its response to listen to, and the labels that the listeners record. */
interface Listening {
  readonly id: string;
  readonly title: string;
  readonly probes: readonly string[];
  listen(req: IncomingMessage, res: ServerResponse, note: Note): void;
}

/** Records each event of `emitter` under its name. */
function noteEvents(emitter: EventEmitter, events: readonly string[], note: Note): void {
  for (const event of events) emitter.on(event, () => note(event));
}

const listenings: readonly Listening[] = [
  {
    id: 'req-events',
    title: 'events of req',
    probes: ['data', 'end', 'close'],
    listen: (req, _res, note) => noteEvents(req, ['data', 'end', 'close'], note),
  },
  {
    id: 'res-events',
    title: 'events of res',
    probes: ['prefinish', 'finish', 'close'],
    listen: (_req, res, note) => noteEvents(res, ['prefinish', 'finish', 'close'], note),
  },
  {
    id: 'once',
    title: 'events listened to by once and prependListener',
    probes: ['once', 'prepended', 'prepended once'],
    listen(req, res, note) {
      req.once('end', () => note('once'));
      res.prependListener('finish', () => note('prepended'));
      res.prependOnceListener('close', () => note('prepended once'));
    },
  },
  {
    id: 'finished',
    title: 'stream.finished',
    probes: ['req', 'res'],
    listen(req, res, note) {
      finished(req, () => note('req'));
      finished(res, () => note('res'));
    },
  },
];

/** Yields a body in several packets, with pauses in which other requests are handled. */
async function* chunks(): AsyncGenerator<string> {
  for (let n = 0; n < 4; n += 1) {
    await delay(2);
    yield `chunk ${n};`;
  }
}

async function sendSlowly(client: Client): Promise<void> {
  await client.send('/', { method: 'POST', body: Readable.from(chunks()) });
}

/** Reads all of a request's body, then responds. */
function readAndRespond(req: IncomingMessage, res: ServerResponse): void {
  req.on('end', () => setImmediate(() => res.end('ok')));
  req.resume();
}

/** Returns two scenarios with the same listeners: added in the handler, and ahead of the adapter. */
function toScenarios({ id, title, probes, listen }: Listening): HttpScenario[] {
  return [
    {
      id: `lifecycle-${id}-inside`,
      title: `keep the id in ${title}, listened to in the handler`,
      needs: ['node'],
      probes,
      routes: {
        'POST /': (x) => {
          const res = x.takeOver();
          listen(x.req, res, x.probe);
          readAndRespond(x.req, res);
        },
      },
      visit: sendSlowly,
    },
    {
      id: `lifecycle-${id}-before`,
      title: `keep the id in ${title}, listened to ahead of the adapter`,
      needs: ['node', 'before'],
      probes,
      setup: {
        before: (req, res) =>
          listen(req, res, (label) => record(String(req.headers['x-request-id']), label)),
      },
      routes: { 'POST /': (x) => readAndRespond(x.req, x.takeOver()) },
      visit: sendSlowly,
    },
  ];
}

/** Enough to fill what the kernel buffers, so that the response waits for its reader. */
const large = Buffer.alloc(300_000, 'x');

const bodies: readonly HttpScenario[] = [
  {
    id: 'lifecycle-body-iterated',
    title: 'keep the id while a body is read by for await',
    needs: ['node'],
    probes: ['chunk', 'end'],
    routes: {
      'POST /': async (x) => {
        const res = x.takeOver();
        for await (const _ of x.req) x.probe('chunk');
        x.probe('end');
        res.end();
      },
    },
    visit: sendSlowly,
  },
  {
    id: 'lifecycle-body-piped',
    title: 'keep the id while a body is piped into a stream of the handler',
    needs: ['node'],
    probes: ['write', 'final', 'done', 'pipe'],
    routes: {
      'POST /': (x) => {
        const res = x.takeOver();
        const sink = new Writable({
          write(_chunk, _encoding, done) {
            x.probe('write');
            done();
          },
          final(done) {
            x.probe('final');
            done();
          },
        });
        sink.on('pipe', () => x.probe('pipe'));
        pipeline(x.req, sink, () => {
          x.probe('done');
          res.end();
        });
      },
    },
    visit: sendSlowly,
  },
  {
    id: 'lifecycle-body-parsed',
    title: "keep the id behind the framework's body parser",
    probes: ['handler', 'later'],
    routes: {
      'POST /json': async (x) => {
        x.probe('handler');
        await delay(1);
        x.probe('later');
        x.send({ body: JSON.stringify(x.body) });
      },
    },
    async visit(client) {
      const json = { 'Content-Type': 'application/json' };
      const body = Readable.from(['{"a"', ':', '1', '}']);
      await client.send('/json', { method: 'POST', headers: json, body });
    },
  },
  {
    id: 'lifecycle-response-streamed',
    title: 'keep the id while the framework streams a response over some time',
    probes: ['chunk', 'end', 'close'],
    routes: {
      'GET /': (x) => {
        const body = Readable.from(
          (async function* () {
            for await (const chunk of chunks()) {
              x.probe('chunk');
              yield chunk;
            }
          })(),
        );
        body.on('end', () => x.probe('end'));
        body.on('close', () => x.probe('close'));
        x.stream(body);
      },
    },
  },
  {
    id: 'lifecycle-response-pipelined',
    title: 'keep the id in stream.pipeline to a response that is slower than its source',
    needs: ['node'],
    probes: ['read', 'done'],
    routes: {
      'GET /': (x) => {
        let left = 5;
        const source = new Readable({
          read() {
            x.probe('read');
            left -= 1;
            this.push(left > 0 ? large : null);
          },
        });
        pipeline(source, x.takeOver(), () => x.probe('done'));
      },
    },
  },
  {
    id: 'lifecycle-response-drained',
    title: "keep the id in 'drain' and in the callbacks of write and end",
    needs: ['node'],
    probes: ['drain', 'written', 'ended'],
    routes: {
      'GET /': (x) => {
        const res = x.takeOver();
        res.once('drain', () => {
          x.probe('drain');
          res.end('end', () => x.probe('ended'));
        });
        for (let n = 0; n < 8; n += 1) res.write(large, () => x.probe('written'));
      },
    },
  },
];

/** Functions that make the client of a request leave, by the request's id. */
const departures = new Map<string, () => void>();

/** Makes the client of a request leave, now that the handler listens. */
function letGo(x: ProbedExchange): void {
  departures.get(x.id)?.();
  departures.delete(x.id);
}

/** Sends a request up to the given point, and leaves when it is let go; waits for its end. */
function leaveAfter(
  point: 'head' | 'part' | 'body' | 'response',
): (client: Client) => Promise<void> {
  return ({ url, id }) =>
    new Promise((resolve) => {
      const length = { head: 100, part: 100, body: 4, response: 0 }[point];
      const headers = { 'X-Request-ID': id, 'Content-Length': length };
      const sent = request(url, { method: 'POST', agent: false, headers });
      departures.set(id, () => setTimeout(() => sent.destroy(), 5));
      sent.on('error', () => {});
      sent.on('close', () => resolve());
      sent.on('response', (response) => {
        response.on('error', () => {});
        response.once('data', () => sent.destroy());
      });
      sent.flushHeaders();
      if (point === 'part' || point === 'body') sent.write('body');
    });
}

/** Sends a request, and resets the connection when it is let go. */
async function reset({ url, id }: Client): Promise<void> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  departures.set(id, () => setTimeout(() => socket.resetAndDestroy(), 5));
  socket.write(`GET / HTTP/1.1\r\nHost: x\r\nX-Request-ID: ${id}\r\n\r\n`);
  await new Promise<void>((resolve) => socket.on('error', () => {}).on('close', () => resolve()));
}

const aborts: readonly HttpScenario[] = [
  ...(['head', 'part'] as const).map(
    (point): HttpScenario => ({
      id: `lifecycle-abort-${point}`,
      title: `keep the id when a client leaves after the ${point === 'head' ? 'head' : 'first part of the body'}`,
      needs: ['node'],
      probes: ['req aborted', 'req error', 'req close', 'res close'],
      routes: {
        'POST /': (x) => {
          const res = x.takeOver();
          noteEvents(x.req, ['aborted', 'error', 'close'], (label) => x.probe(`req ${label}`));
          noteEvents(res, ['close'], (label) => x.probe(`res ${label}`));
          x.req.resume();
          letGo(x);
        },
      },
      visit: leaveAfter(point),
    }),
  ),
  {
    id: 'lifecycle-abort-body',
    title: 'keep the id when a client leaves before the response',
    needs: ['node'],
    probes: ['res close', 'finished'],
    routes: {
      'POST /': (x) => {
        const res = x.takeOver();
        noteEvents(res, ['close'], (label) => x.probe(`res ${label}`));
        finished(res, () => x.probe('finished'));
        x.req.on('end', () => letGo(x));
        x.req.resume();
      },
    },
    visit: leaveAfter('body'),
  },
  {
    id: 'lifecycle-abort-response',
    title: 'keep the id when a client leaves in the middle of the response',
    needs: ['node'],
    probes: ['res close', 'done', 'source close'],
    routes: {
      'POST /': (x) => {
        const res = x.takeOver();
        noteEvents(res, ['close'], (label) => x.probe(`res ${label}`));
        const source = new Readable({
          read() {
            setTimeout(() => this.push('x'), 1);
          },
        });
        source.on('close', () => x.probe('source close'));
        pipeline(source, res, () => x.probe('done'));
      },
    },
    visit: leaveAfter('response'),
  },
  {
    id: 'lifecycle-abort-reset',
    title: 'keep the id when a connection is reset before the response',
    needs: ['node'],
    probes: ['req close', 'res close'],
    routes: {
      'GET /': (x) => {
        const res = x.takeOver();
        x.req.on('close', () => x.probe('req close'));
        res.on('close', () => x.probe('res close'));
        letGo(x);
      },
    },
    visit: reset,
  },
];

/**
 * Sends the last request of a connection that others have used: a busy Deno closes a connection by the timeout
 * of the request before.
 */
async function sendLast(client: Client): Promise<void> {
  await client.send('/first');
  await client.send('/', { headers: { Connection: 'close' } });
}

const timeouts: readonly HttpScenario[] = [
  {
    id: 'lifecycle-timeout-req',
    title: 'keep the id in req.setTimeout while the body arrives',
    needs: ['node'],
    probes: ['callback', 'event'],
    routes: {
      'POST /': (x) => {
        const res = x.takeOver();
        x.req.on('timeout', () => x.probe('event'));
        x.req.setTimeout(10, () => {
          x.probe('callback');
          res.end('late');
        });
        res.on('finish', () => letGo(x));
      },
    },
    visit: leaveAfter('part'),
  },
  {
    id: 'lifecycle-timeout-res',
    title: 'keep the id in res.setTimeout',
    needs: ['node'],
    probes: ['callback', 'event'],
    routes: {
      'GET /first': (x) => x.send(),
      'GET /': (x) => {
        const res = x.takeOver();
        res.on('timeout', () => x.probe('event'));
        res.setTimeout(10, () => {
          x.probe('callback');
          res.end('late');
        });
      },
    },
    visit: sendLast,
  },
  {
    id: 'lifecycle-timeout-socket',
    title: 'keep the id in req.socket.setTimeout',
    needs: ['node'],
    probes: ['callback'],
    routes: {
      'GET /first': (x) => x.send(),
      'GET /': (x) => {
        const res = x.takeOver();
        // Without a listener, Node closes the connection.
        res.on('timeout', () => {});
        x.req.socket.setTimeout(10, () => {
          if (res.writableEnded) return;
          x.probe('callback');
          res.end('late');
        });
      },
    },
    visit: sendLast,
  },
];

export const lifecycleScenarios: readonly HttpScenario[] = [
  ...listenings.flatMap(toScenarios),
  ...bodies,
  ...aborts,
  ...timeouts,
];
