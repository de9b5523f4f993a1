// node:http and node:http2 without a framework. Unlike the async listener of the conformance suite, this listener can
// throw.
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { importBuilt } from '../../kit/import-built.js';
import { serve } from '../../kit/serve.js';

const { withRequestId } = await importBuilt('node-http/dist/index.js');

/** @param {(listener: any) => any} create */
function plainAdapter(create) {
  return {
    /** @param {Record<string, (exchange: any) => unknown>} routes @param {any} setup */
    start(routes, { options, onServer }) {
      const server = create(
        withRequestId((/** @type {any} */ req, /** @type {any} */ res) => {
          return routes[`${req.method} ${req.url}`]?.({
            req,
            res,
            send: (/** @type {{ body: string }} */ { body }) => {
              res.setHeader('Content-Length', body.length);
              res.end(body);
            },
            takeOver: () => res,
          });
        }, options),
      );
      onServer(server);
      return serve(server);
    },
  };
}

/** @type {Record<string, any>} */
export const plainAdapters = {
  'plain-http': plainAdapter(createServer),
  'plain-http2': plainAdapter(createHttp2Server),
};
