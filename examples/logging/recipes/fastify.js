import { requestId } from '@request-context/fastify';
import { requestContextMixin } from '@request-context/logging/pino';
import { fastify } from 'fastify';

export const app = fastify({
  logger: {
    mixin: requestContextMixin(),
    serializers: { req: ({ method, url }) => ({ method, url }) },
  },
});
app.register(requestId);
app.get('/orders/:id', async (request) => {
  request.log.info('order saved');
  app.log.info('mail sent');
  return 'saved\n';
});
