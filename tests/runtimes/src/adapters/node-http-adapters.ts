import { serve } from '@request-context/conformance';
import { withRequestId } from '@request-context/node-http';
import { createListener } from '../create-listener.ts';
import type { FrameworkAdapter } from '../framework-scenario.ts';
import { beforeMiddleware } from '../unsupported.ts';

/** Plain node:http. */
export const nodeHttpAdapters: readonly FrameworkAdapter[] = [
  {
    name: 'node-http',
    unsupported: beforeMiddleware,
    start(routes, setup = {}) {
      const { options, before } = setup;
      const listener = withRequestId(createListener(routes), options);
      return serve((req, res) => {
        before?.(req, res);
        listener(req, res);
      }, setup);
    },
  },
];
