import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type Exchange, publicFolder, serve } from '@request-context/conformance';
import { withRequestId } from '@request-context/node-http';
import type { FrameworkAdapter } from '../framework-scenario.ts';
import { beforeMiddleware } from '../unsupported.ts';

/** Plain node:http, with handwritten versions of what the frameworks provide. */
export const nodeHttpAdapters: readonly FrameworkAdapter[] = [
  {
    name: 'node-http',
    unsupported: beforeMiddleware,
    start(routes, setup = {}) {
      const { options, before } = setup;
      const listener = withRequestId(async (req: IncomingMessage, res: ServerResponse) => {
        const path = req.url ?? '';
        const route = routes[`${req.method === 'HEAD' ? 'GET' : req.method} ${path}`];
        if (path === '/public/file.txt') {
          createReadStream(join(publicFolder, path)).pipe(res);
        } else if (route === undefined) {
          res.writeHead(404).end();
        } else {
          const body = path === '/json' ? await parseJson(req) : undefined;
          if (body === tooLarge) res.writeHead(413).end();
          else if (body === malformed) res.writeHead(400).end();
          else await route(toExchange(req, res, body));
        }
      }, options);
      return serve((req, res) => {
        before?.(req, res);
        listener(req, res);
      }, setup);
    },
  },
];

const tooLarge = Symbol('too large');
const malformed = Symbol('malformed');

async function parseJson(req: IncomingMessage): Promise<unknown> {
  const body = await text(req);
  if (body.length > 100) return tooLarge;
  try {
    return JSON.parse(body);
  } catch {
    return malformed;
  }
}

function toExchange(req: IncomingMessage, res: ServerResponse, body: unknown): Exchange {
  return {
    req,
    res,
    headers: req.headers,
    body,
    send: ({ status = 200, body: content = '', headers = {} } = {}) =>
      void res.writeHead(status, headers).end(content),
    redirect: (path) => void res.writeHead(302, { Location: path }).end(),
    stream: (content) => void content.pipe(res),
    takeOver: () => res,
  };
}
