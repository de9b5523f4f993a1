// Checked by tsc alone. All tests are one program to it: hence the key's name, which those of the other
// adapters' tests must not take away.
import { context, requestId } from '@request-context/fastify';
import { fastify } from 'fastify';

declare module '@request-context/fastify' {
  interface ContextValues {
    keyOfTheFastifyTest: string;
  }
}

context.set('keyOfTheFastifyTest', 'text');
// @ts-expect-error text is needed
context.set('keyOfTheFastifyTest', 1);

const app = fastify();
await app.register(requestId, { values: () => ({ keyOfTheFastifyTest: 'text' }) });
app.get('/', async (request) => request.id satisfies string);
