import { expect, it } from 'vitest';
import * as adapter from '../src/index.ts';

it('the package exports these names, and no other: each is a promise to its users', () => {
  expect(Object.keys(adapter).sort()).toMatchInlineSnapshot(`
    [
      "InvalidOptionError",
      "InvalidRequestIdError",
      "MissingValueError",
      "NoContextError",
      "OptionResultError",
      "attach",
      "context",
      "createContext",
      "getRequestId",
      "newRequestId",
      "onClientError",
      "requestId",
    ]
  `);
});
