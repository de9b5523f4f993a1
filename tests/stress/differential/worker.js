// Runs the apps that its parent sends, one after the other, with the library (LIBRARY=1) or without.
import { runApp } from './run-app.js';

const library = process.env.LIBRARY === '1' ? await loadLibrary() : undefined;

async function loadLibrary() {
  const [{ getRequestId }, nodeHttp, express, koa, fastify] = await Promise.all([
    import('@request-context/core'),
    import('@request-context/node-http'),
    import('@request-context/express'),
    import('@request-context/koa'),
    import('@request-context/fastify'),
  ]);
  return { getRequestId, nodeHttp, express, koa, fastify };
}

// Error pages show the stack, which would hold functions of the library.
Error.stackTraceLimit = 0;

// The comparison ignores what frameworks and middlewares print.
console.error = () => {};
console.log = () => {};
console.warn = () => {};

process.on('message', (/** @type {{ app: unknown }} */ { app }) => {
  runApp(app, library).then(
    (seen) => process.send?.(seen),
    (error) => process.send?.({ failed: String(error?.stack ?? error) }),
  );
});
process.on('disconnect', () => process.exit());
process.send?.({ ready: true });
