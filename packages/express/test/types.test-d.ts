// Checked by tsc alone. All tests are one program to it: hence the key's name, which those of the other
// adapters' tests must not take away.
import { context, requestId } from '@request-context/express';
import express from 'express';

declare module '@request-context/express' {
  interface ContextValues {
    keyOfTheExpressTest: string;
  }
}

declare global {
  namespace Express {
    interface Request {
      id?: string;
    }
  }
}

context.set('keyOfTheExpressTest', 'text');
// @ts-expect-error text is needed
context.set('keyOfTheExpressTest', 1);

express()
  .use(requestId({ values: (req) => ({ keyOfTheExpressTest: req.hostname }) }))
  .get('/', (req, res) => res.send(req.id satisfies string));
