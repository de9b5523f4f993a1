import { type Exchange, publicFolder, type Routes, serve } from '@request-context/conformance';
import { requestId } from '@request-context/express';
import express5 from 'express';
import express4 from 'express4';
import type { FrameworkAdapter, FrameworkSetup } from '../framework-scenario.ts';
import { beforeMiddleware } from '../unsupported.ts';

function expressAdapter(name: string, express: typeof express5): FrameworkAdapter {
  function createApp(routes: Routes, { options, before }: FrameworkSetup): express5.Express {
    const app = express();
    app.set('env', 'test');
    // Once a header is set, Node rejects some lists that writeHead() accepts otherwise.
    app.disable('x-powered-by');
    if (before !== undefined) app.use((req, res, next) => next(void before(req, res)));
    app.use(requestId(options));
    app.use(express.static(publicFolder, { redirect: false }));
    app.use('/json', express.json({ limit: 100 }));
    for (const [key, route] of Object.entries(routes)) {
      const [method = '', path = ''] = key.split(' ');
      // Express 4 ignores what a handler returns.
      app[method.toLowerCase() as 'get'](path, (req, res, next) => {
        const result = route(toExchange(req, res));
        if (result instanceof Promise) result.catch(next);
      });
    }
    return app;
  }
  return {
    name,
    lacks: { http2: "Express does not run on HTTP/2's compatibility API (expressjs/express#3730)" },
    unsupported: beforeMiddleware,
    start: (routes, setup = {}) =>
      serve(setup.native?.express?.(express) ?? createApp(routes, setup), setup),
  };
}

function toExchange(req: express5.Request, res: express5.Response): Exchange {
  return {
    req,
    res,
    headers: req.headers,
    body: req.body,
    send: ({ status = 200, body = '', headers = {} } = {}) =>
      void res.status(status).set(headers).send(body),
    redirect: (path) => res.redirect(path),
    stream: (body) => void body.pipe(res),
    takeOver: () => res,
  };
}

export const expressAdapters: readonly FrameworkAdapter[] = [
  expressAdapter('express-4', express4 as unknown as typeof express5),
  expressAdapter('express-5', express5),
];
