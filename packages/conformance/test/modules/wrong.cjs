// A CommonJS module with a list of adapters. Its adapter ignores all options.
const { serve } = require('@request-context/conformance');
const { withRequestId } = require('@request-context/node-http');

/** @type {import('@request-context/conformance').Adapter[]} */
const adapters = [
  {
    name: 'without-options',
    start: (routes, setup) =>
      serve(
        withRequestId((req, res) =>
          routes[`${req.method} ${req.url}`]?.({
            headers: req.headers,
            body: undefined,
            redirect: () => {},
            stream: () => {},
            send: ({ body = '' } = {}) => void res.end(body),
          }),
        ),
        setup,
      ),
    unsupported: {
      'header-echo-off': 'it takes no options',
      'options-type': 'it takes no options',
    },
  },
];

module.exports = adapters;
