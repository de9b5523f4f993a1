import { expect, it } from 'vitest';
import * as core from '../src/index.ts';

it('the package exports these names, and no other: each is a promise to its users', () => {
  expect(Object.keys(core).sort()).toMatchInlineSnapshot(`
    [
      "InvalidOptionError",
      "InvalidRequestIdError",
      "MissingValueError",
      "NoContextError",
      "OptionResultError",
      "bindRequestEmitters",
      "context",
      "createContext",
      "findRequestScope",
      "getRequestId",
      "newRequestId",
      "normalizeOptions",
      "openRequestScope",
      "replaceMethod",
      "replacePrototypeMethod",
      "resolveRequestId",
      "runOutside",
    ]
  `);
});
