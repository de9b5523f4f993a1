import { expect, it } from 'vitest';
import * as adapter from '../src/adapter.ts';
import * as core from '../src/index.ts';

it('the package exports these names, and no other: each is a promise to its users', () => {
  expect(Object.keys(core).sort()).toMatchInlineSnapshot(`
    [
      "InvalidOptionError",
      "InvalidRequestIdError",
      "MissingValueError",
      "NoContextError",
      "OptionResultError",
      "context",
      "createContext",
      "getRequestId",
      "newRequestId",
    ]
  `);
});

it('its entry for adapters exports these names, and no other', () => {
  expect(Object.keys(adapter).sort()).toMatchInlineSnapshot(`
    [
      "RequestScope",
      "addRequestObject",
      "checkOptions",
      "defineMethod",
      "describe",
      "escapeId",
      "findRequestScope",
      "isInsideRequest",
      "isScoped",
      "markScoped",
      "methodBelow",
      "normalizeOptions",
      "openRequest",
      "resolveRequestId",
      "runWithoutScope",
      "shareInProcess",
      "wrapMethod",
    ]
  `);
});
