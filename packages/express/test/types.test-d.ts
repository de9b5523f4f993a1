// Checked by tsc only. It compiles all tests as one program: the key's name differs from those in the other
// adapters' tests.
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
// @ts-expect-error not a string
context.set('keyOfTheExpressTest', 1);

express()
  .use(requestId({ values: (req) => ({ keyOfTheExpressTest: req.hostname }) }))
  .get('/', (req, res) => res.send(req.id satisfies string));
