import { describe } from './errors.ts';

let hasWarned = false;

/** Warns, once, that a request's scope was given another id: nothing has changed, and nobody else would tell. */
export function warnFixedId(requestId: string): void {
  if (hasWarned) return;
  hasWarned = true;
  process.emitWarning(
    `The id of a request cannot be changed: its response and its log lines carry ${describe(requestId)}. ` +
      'Use context.run({ requestId }, task) for a task with an id of its own, or a key of your own ' +
      'for another id. To choose the id of requests, see the `generate` and `inbound` options.',
    { type: 'RequestContextWarning', code: 'REQUEST_CONTEXT_FIXED_ID' },
  );
}
