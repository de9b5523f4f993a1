import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { type HttpScenario, record } from '@request-context/conformance/engine';
import type { FrameworkScenario, NativeApps } from '../framework-scenario.ts';

/** An application for each framework of the case, and the requests of its clients. */
export interface FrameworkCase extends Omit<HttpScenario, 'routes' | 'setup'>, NativeApps {
  /** Paths that each client requests in turn, with the expected status. @default { '/': 200 } */
  readonly paths?: Readonly<Record<string, number>>;
}

/** Returns a scenario for the frameworks that the case has an application for. */
export function inFramework(frameworkCase: FrameworkCase): FrameworkScenario {
  const { paths = { '/': 200 }, ...rest } = frameworkCase;
  return {
    async visit(client) {
      for (const [path, expected] of Object.entries(paths)) {
        const { status } = await client.send(path);
        assert.equal(status, expected, `the status of ${path}`);
      }
    },
    ...rest,
    routes: {},
    frameworks: ['express', 'koa', 'fastify'].filter((name) => name in frameworkCase),
    setup: { native: frameworkCase },
  };
}

/** Returns the id that the client of a request sent. */
export function idOf(req: IncomingMessage): string {
  return String(req.headers['x-request-id']);
}

/** Records the current id at a place, for Node's request object. */
export function probe(req: IncomingMessage, label: string): void {
  record(idOf(req), label);
}
