import { createReadStream } from 'node:fs';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type Exchange, publicFolder, type Routes } from '@request-context/conformance';

/** Creates a listener for plain node:http, with handwritten versions of what the frameworks provide. */
export function createListener(routes: Routes): RequestListener {
  return async (req, res) => {
    const path = req.url ?? '';
    const route = routes[`${req.method === 'HEAD' ? 'GET' : req.method} ${path}`];
    if (path === '/public/file.txt') {
      createReadStream(join(publicFolder, path)).pipe(res);
    } else if (route === undefined) {
      res.writeHead(404).end();
    } else {
      const body = path === '/json' ? await parseJson(req) : { value: undefined };
      if ('status' in body) res.writeHead(body.status).end();
      else await route(toExchange(req, res, body.value));
    }
  };
}

type Parsed = { readonly value: unknown } | { readonly status: number };

async function parseJson(req: IncomingMessage): Promise<Parsed> {
  const body = await text(req);
  if (body.length > 100) return { status: 413 };
  try {
    return { value: JSON.parse(body) };
  } catch {
    return { status: 400 };
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
