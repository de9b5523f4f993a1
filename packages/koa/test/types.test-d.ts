// Checked by tsc alone. All tests are one program to it: hence the key's name, which those of the other
// adapters' tests must not take away.
import { context, requestId } from '@request-context/koa';
import Koa from 'koa';

declare module '@request-context/koa' {
  interface ContextValues {
    keyOfTheKoaTest: string;
  }
}

context.set('keyOfTheKoaTest', 'text');
// @ts-expect-error text is needed
context.set('keyOfTheKoaTest', 1);

new Koa()
  .use(requestId({ values: (ctx) => ({ keyOfTheKoaTest: ctx.hostname }) }))
  .use((ctx) => [ctx.req.id satisfies string, ctx.state.requestId satisfies string]);
