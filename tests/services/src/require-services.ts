import type { TestProject } from 'vitest/node';
import { absence, findAbsent, type ServiceName, services } from './services.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The services whose clients are skipped. */
    absentServices: ServiceName[];
  }
}

/**
 * Fails the run before any test when a service is missing. With REQUEST_CONTEXT_SERVICES=optional, skips the tests of
 * its clients instead, and reports it.
 */
export async function setup(project: TestProject): Promise<void> {
  const absent = await findAbsent();
  const reasons = absent.map((name) => absence(services[name]));
  const isMissing = absent.some((name) => !services[name].isOptional);
  if (isMissing && process.env.REQUEST_CONTEXT_SERVICES !== 'optional') {
    const hint = 'REQUEST_CONTEXT_SERVICES=optional skips the clients of missing services.';
    throw new Error(['Services are missing.', ...reasons, hint].join('\n'));
  }
  for (const reason of reasons) console.warn(`Skipped: ${reason}`);
  project.provide('absentServices', absent);
}
