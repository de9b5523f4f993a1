import type { TestProject } from 'vitest/node';
import { absence, findAbsent, type ServiceName, services } from './services.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The services whose clients are skipped. */
    absentServices: ServiceName[];
  }
}

/**
 * Fails the run when a service is not there, before any test. With REQUEST_CONTEXT_SERVICES=optional
 * the tests of its clients are skipped instead, and say so.
 */
export async function setup(project: TestProject): Promise<void> {
  const absent = await findAbsent();
  const reasons = absent.map((name) => absence(services[name]));
  if (absent.length > 0 && process.env.REQUEST_CONTEXT_SERVICES !== 'optional') {
    const way = 'REQUEST_CONTEXT_SERVICES=optional skips the clients of those that are not there.';
    throw new Error(['Services are missing.', ...reasons, way].join('\n'));
  }
  for (const reason of reasons) console.warn(`Skipped: ${reason}`);
  project.provide('absentServices', absent);
}
