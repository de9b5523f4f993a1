import { readResponses } from '../../kit/read-response.js';
import { uuid } from '../../kit/uuid.js';

/** What a response must hold. */
export interface Expected {
  /** Its id. If undefined, the id must be fresh. */
  id: string | undefined;
  status: number;
  /** Whether it must be cut off. No response follows it. */
  isCut?: boolean;
}

/** What a client received. */
export interface Outcome {
  received: string;
  /** Whether it left before all could arrive. */
  hasLeft: boolean;
}

/** Returns what was expected and what a client received, if they do not match. */
export function describeMismatch(
  expected: readonly Expected[],
  { received, hasLeft }: Outcome,
): string | undefined {
  const responses = readResponses(received);
  const isRight = responses.every((response, n) => {
    const due = expected[n];
    if (due === undefined) return false;
    const isLast = n === responses.length - 1;
    if (Number.isNaN(response.status)) return isLast && (hasLeft || due.isCut);
    const [id = '', ...more] = response.ids;
    const isOwn = due.id === undefined ? uuid.test(id) : id === due.id;
    const isAlone = (response.body.match(/load-[\d-]*\d/g) ?? []).every((named) => named === id);
    const hasRightEnd = response.isWhole ? !due.isCut : isLast && (hasLeft || due.isCut);
    return isOwn && isAlone && hasRightEnd && more.length === 0 && response.status === due.status;
  });
  // A response that is cut off may not arrive at all.
  const all = expected.length - (expected.at(-1)?.isCut ? 1 : 0);
  if (isRight && (hasLeft || responses.length >= all)) return undefined;
  return `${JSON.stringify(expected)}: ${JSON.stringify(received.slice(0, 1000))}`;
}
