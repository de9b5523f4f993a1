import { requestId } from '@request-context/koa';
import { patchConsole } from '@request-context/logging/console';
import Koa from 'koa';

patchConsole();

export const app = new Koa();
app.use(requestId());
app.use(() => {
  throw new Error('payment declined');
});
