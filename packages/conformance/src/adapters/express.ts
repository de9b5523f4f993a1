import { requestId } from '@request-context/express';
import express5 from 'express';
import express4 from 'express4';
import { exchangeBase } from '../exchange.ts';
import { serve } from '../listen.ts';
import { publicFolder } from '../public-folder.ts';
import type { Adapter, Exchange, Routes, Setup } from '../types.ts';
import { beforeMiddleware, userLand } from '../user-land.ts';

function expressAdapter(name: string, express: typeof express5): Adapter {
  function createApp(routes: Routes, { options, before }: Setup): express5.Express {
    const app = express();
    app.set('env', 'test');
    // With a header set, Node refuses some lists that writeHead() takes otherwise.
    app.disable('x-powered-by');
    if (before !== undefined) app.use((req, res, next) => next(void before(req, res)));
    app.use(requestId(options));
    app.use(express.static(publicFolder, { redirect: false }));
    app.use('/json', express.json({ limit: 100 }));
    for (const [key, route] of Object.entries(routes)) {
      const [method = '', path = ''] = key.split(' ');
      // Express 4 does not look at what a handler returns.
      app[method.toLowerCase() as 'get'](path, (req, res, next) => {
        const result = route(toExchange(req, res));
        if (result instanceof Promise) result.catch(next);
      });
    }
    return app;
  }
  return {
    name,
    unsupported: { ...userLand, ...beforeMiddleware },
    start: (routes, setup = {}) =>
      serve(setup.native?.express?.(express) ?? createApp(routes, setup), setup),
  };
}

function toExchange(req: express5.Request, res: express5.Response): Exchange {
  return {
    ...exchangeBase(req, res),
    body: req.body,
    send: ({ status = 200, body = '', headers = {} } = {}) =>
      void res.status(status).set(headers).send(body),
    redirect: (path) => res.redirect(path),
    stream: (body) => void body.pipe(res),
    takeOver: () => res,
  };
}

export const expressAdapters: readonly Adapter[] = [
  expressAdapter('express-4', express4 as unknown as typeof express5),
  expressAdapter('express-5', express5),
];
