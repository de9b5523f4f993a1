// A typical adapter module in JavaScript, for the tests of the command and of the test runners.
import { publicFolder, serve } from '@request-context/conformance';
import { withRequestId } from '@request-context/node-http';

/** @typedef {import('node:http').IncomingMessage} IncomingMessage */
/** @typedef {import('node:http').ServerResponse} ServerResponse */

/** @type {import('@request-context/conformance').Adapter} */
export const adapter = {
  name: 'from-a-module',
  start(routes, setup) {
    const listener = withRequestId(
      (/** @type {IncomingMessage} */ req, /** @type {ServerResponse} */ res) => {
        const route = routes[`${req.method} ${req.url}`];
        if (route === undefined) return res.writeHead(404).end(publicFolder);
        return route({
          req,
          res,
          headers: req.headers,
          body: undefined,
          send: ({ status = 200, body = '', headers = {} } = {}) =>
            void res.writeHead(status, headers).end(body),
          redirect: (path) => void res.writeHead(302, { Location: path }).end(),
          stream: (body) => void body.pipe(res),
          takeOver: () => res,
        });
      },
      setup.options,
    );
    return serve(listener, setup);
  },
  lacks: { before: 'nothing runs ahead of it' },
};
