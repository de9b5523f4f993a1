import type { RequestListener } from 'node:http';
import { withRequestId } from '@request-context/node-http';
import { createListener } from '../../../../tests/runtimes/src/create-listener.ts';
import type { Adapter, Setup } from '../../src/contract.ts';
import { serve } from '../../src/serve.ts';

/** Wraps a listener as an adapter does. Each mutant wraps it wrongly in one way. */
export type Wrap = (listener: RequestListener, setup: Setup) => RequestListener;

/** Returns an adapter on plain node:http whose requests go through `wrap`. */
export function adapterBy(name: string, wrap: Wrap): Adapter {
  return {
    name,
    async start(routes, setup) {
      const listener = wrap(createListener(routes), setup);
      return serve((req, res) => {
        setup.before?.(req, res);
        listener(req, res);
      }, setup);
    },
  };
}

/** The correct adapter, which passes every key scenario. */
export const control: Adapter = adapterBy('control', (listener, { options }) =>
  withRequestId(listener, options),
);
