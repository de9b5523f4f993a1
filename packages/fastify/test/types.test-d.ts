// Checked by tsc only. It compiles all tests as one program: the key's name differs from those in the other
// adapters' tests.
import { context, requestId } from '@request-context/fastify';
import { fastify } from 'fastify';

declare module '@request-context/fastify' {
  interface ContextValues {
    keyOfTheFastifyTest: string;
  }
}

context.set('keyOfTheFastifyTest', 'text');
// @ts-expect-error not a string
context.set('keyOfTheFastifyTest', 1);

const app = fastify();
await app.register(requestId, { values: () => ({ keyOfTheFastifyTest: 'text' }) });
app.get('/', async (request) => request.id satisfies string);
