import type { ProbedExchange } from '@request-context/conformance/engine';

/** Probes in each of the events, by its name after the prefix. Resolves with the last of them. */
export function probeEvents(
  x: ProbedExchange,
  emitter: NodeJS.EventEmitter,
  events: readonly string[],
  prefix = '',
): Promise<void> {
  for (const event of events) emitter.on(event, () => x.probe(`${prefix}${event}`));
  return new Promise((resolve) => emitter.on(events.at(-1) as string, () => resolve()));
}
