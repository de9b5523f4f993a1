import { InterceptingCall, ServerInterceptingCall } from '@grpc/grpc-js';
import { context } from '@request-context/core';
import { createPropagator } from '@request-context/propagation';

const propagator = createPropagator();

/** @type {import('@grpc/grpc-js').Interceptor} */
export const clientInterceptor = (options, nextCall) =>
  new InterceptingCall(nextCall(options), {
    start(metadata, _listener, next) {
      const inScope = context.snapshot();
      // A clone, because the calls of several requests may share the Metadata.
      next(propagator.inject(metadata.clone()), {
        // The connection's events run in the scope of the request that opened it.
        onReceiveMetadata: (metadata, next) => inScope(next, metadata),
        onReceiveMessage: (message, next) => inScope(next, message),
        onReceiveStatus: (status, next) => inScope(next, status),
      });
    },
  });

/** @type {import('@grpc/grpc-js').ServerInterceptor} */
export const serverInterceptor = (_method, call) => {
  let inScope = context.snapshot();
  return new ServerInterceptingCall(call, {
    start: (next) =>
      next({
        onReceiveMetadata(metadata, next) {
          inScope = propagator.run(metadata, context.snapshot);
          inScope(next, metadata);
        },
        onReceiveMessage: (message, next) => inScope(next, message),
        onReceiveHalfClose: (next) => inScope(next),
      }),
  });
};
