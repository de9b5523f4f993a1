import type { ProbedExchange } from '@request-context/conformance/engine';

/** Probes in each of the events; a place's name is the prefix and the event. Resolves with the last event. */
export function probeEvents(
  x: ProbedExchange,
  emitter: NodeJS.EventEmitter,
  events: readonly string[],
  prefix = '',
): Promise<void> {
  for (const event of events) emitter.on(event, () => x.probe(`${prefix}${event}`));
  return new Promise((resolve) => emitter.on(events.at(-1) as string, () => resolve()));
}
