import { expect, it } from 'vitest';
import * as adapter from '../src/adapter.ts';
import * as nodeHttp from '../src/index.ts';

it('the package exports these names, and no other: each is a promise to its users', () => {
  expect(Object.keys(nodeHttp).sort()).toMatchInlineSnapshot(`
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
      "withRequestId",
    ]
  `);
});

it('its entry for adapters exports these names, and no other', () => {
  expect(Object.keys(adapter).sort()).toMatchInlineSnapshot(`
    [
      "attachRequestScopes",
      "createRequestScopes",
      "problemOf",
      "replaceErrorPage",
    ]
  `);
});
