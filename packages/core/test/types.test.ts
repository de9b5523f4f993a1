import { context } from '../src/index.ts';
declare module '../src/index.ts' {
  interface ContextValues { typesTestTenant: string }
}
const t: string | undefined = context.get('typesTestTenant');
// @ts-expect-error
context.get('nope');
// @ts-expect-error
context.set('typesTestTenant', 1);
console.log(t);
