// Checked by tsc only. It compiles all tests as one program: the key's name differs from those in the other
// adapters' tests.
import { context, requestId } from '@request-context/koa';
import Koa from 'koa';

declare module '@request-context/koa' {
  interface ContextValues {
    keyOfTheKoaTest: string;
  }
}

context.set('keyOfTheKoaTest', 'text');
// @ts-expect-error not a string
context.set('keyOfTheKoaTest', 1);

new Koa()
  .use(requestId({ values: (ctx) => ({ keyOfTheKoaTest: ctx.hostname }) }))
  .use((ctx) => [ctx.req.id satisfies string, ctx.state.requestId satisfies string]);
