import type { HttpScenario } from '@request-context/conformance/engine';
import { record } from '@request-context/conformance/engine';
import { attach } from '@request-context/node-http';
import onFinished from 'on-finished';
import { findScenario } from './find-scenario.ts';
import { idOf } from './in-framework.ts';

const inside = findScenario('lifecycle-finished-inside');
const pipelined = findScenario('connection-pipelined');

/** on-finished runs each listener in the context in which it was added. */
export const onFinishedScenarios: readonly HttpScenario[] = [
  {
    ...inside,
    id: 'on-finished-inside',
    title: 'keep the id in on-finished, called in the handler',
    routes: {
      'POST /': (x) => {
        const res = x.takeOver();
        onFinished(x.req, () => x.probe('req'));
        onFinished(res, () => x.probe('res'));
        x.req.on('end', () => setImmediate(() => res.end('ok')));
        x.req.resume();
      },
    },
  },
  {
    ...findScenario('lifecycle-finished-before'),
    id: 'on-finished-before',
    title: 'keep the id in on-finished, called ahead of the adapter',
    setup: {
      before: (req, res) => {
        onFinished(req, () => record(idOf(req), 'req'));
        onFinished(res, () => record(idOf(req), 'res'));
      },
    },
  },
  {
    ...pipelined,
    id: 'on-finished-pipelined',
    title: 'keep the ids of pipelined requests apart in on-finished',
    probes: [...pipelined.probes, 'on-finished'],
    routes: {
      'GET /': (x) => {
        onFinished(x.res, () => x.probe('on-finished'));
        return pipelined.routes['GET /']?.(x);
      },
    },
  },
  {
    id: 'on-finished-attached',
    title: 'keep the id in on-finished and in other code ahead of the adapter, behind attach()',
    probes: ['before', 'before, later', 'on-finished', 'handler'],
    setup: {
      // The id comes from attach(server). The adapter would generate another.
      options: { trust: false },
      onServer: (server) => attach(server),
      before: (req, res) => {
        record(idOf(req), 'before');
        setImmediate(() => record(idOf(req), 'before, later'));
        onFinished(res, () => record(idOf(req), 'on-finished'));
      },
    },
    routes: {
      'GET /': (x) => {
        x.probe('handler');
        x.send();
      },
    },
  },
];
