import { readResponses } from '../../kit/read-response.js';
import { uuid } from '../../kit/uuid.js';

/** What a response must be. */
export interface Expected {
  /** Its id. Undefined where it must be one that nobody has sent, and that nobody else gets. */
  id: string | undefined;
  status: number;
  /** Whether it must not be whole. Nothing comes after it. */
  isCut?: boolean;
}

/** What a client got. */
export interface Got {
  received: string;
  /** Whether it left before it could have got all. */
  hasLeft: boolean;
}

/** Returns what is wrong with what a client got, if anything. */
export function problemOf(
  expected: readonly Expected[],
  { received, hasLeft }: Got,
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
    const isAsItShouldBe = response.isWhole ? !due.isCut : isLast && (hasLeft || due.isCut);
    return (
      isOwn && isAlone && isAsItShouldBe && more.length === 0 && response.status === due.status
    );
  });
  // One that is cut may have got nowhere.
  const all = expected.length - (expected.at(-1)?.isCut ? 1 : 0);
  if (isRight && (hasLeft || responses.length >= all)) return undefined;
  return `${JSON.stringify(expected)}: ${JSON.stringify(received.slice(0, 1000))}`;
}
