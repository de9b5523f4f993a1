import { describe } from '../internal/describe.ts';

let hasWarned = false;

/** Warns once that setting another id in a request's scope has no effect. */
export function warnFixedId(requestId: string): void {
  if (hasWarned) return;
  hasWarned = true;
  process.emitWarning(
    `The id of a request cannot be changed: its response and its log lines carry ${describe(requestId)}. ` +
      'Use context.run({ requestId }, task) for a task with its own id, or your own key for another ' +
      'id. To choose the id of requests, see the `generate` and `inbound` options.',
    { type: 'RequestContextWarning', code: 'REQUEST_CONTEXT_FIXED_ID' },
  );
}
