import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { record } from '../exchange.ts';
import type { Client, HttpScenario, Level, NativeApps, Teardown } from '../types.ts';

/** An application of one framework, and what the clients ask of it. */
export interface FrameworkCase {
  readonly id: string;
  /** 'MUST' when left out. */
  readonly level?: Level;
  readonly title: string;
  /** The application, for each framework that the case is for. */
  readonly native: NativeApps;
  /** Paths that each client asks for, in turn, with the status to come back; `/` when left out. */
  readonly paths?: Readonly<Record<string, number>>;
  /** In place of paths: what each client does. */
  visit?(client: Client): Promise<void>;
  readonly probes: readonly string[];
  prepare?(): Teardown | Promise<Teardown>;
  after?(): void;
}

/** A scenario for the frameworks that the case has an application for. */
export function inFramework(frameworkCase: FrameworkCase): HttpScenario {
  const { level = 'MUST', paths = { '/': 200 }, native, ...rest } = frameworkCase;
  return {
    async visit(client) {
      for (const [path, expected] of Object.entries(paths)) {
        const { status } = await client.send(path);
        assert.equal(status, expected, `${path} answers ${status}`);
      }
    },
    ...rest,
    level,
    routes: {},
    frameworks: Object.keys(native),
    setup: { native },
  };
}

/** Notes which id is current, of a request as Node gives it. */
export function probe(req: IncomingMessage, label: string): void {
  record(String(req.headers['x-request-id']), label);
}
