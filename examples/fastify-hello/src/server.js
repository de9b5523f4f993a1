import { app } from './app.js';

const host = '127.0.0.1';
const port = Number(process.env.PORT ?? 3003);

app
  .listen({ host, port, listenTextResolver: (address) => `Listening on ${address}` })
  .catch((/** @type {NodeJS.ErrnoException} */ error) => {
    if (error.code !== 'EADDRINUSE') throw error;
    console.error(
      `Port ${port} on ${host} is taken. Stop what listens there, or set PORT to a free one.`,
    );
    process.exitCode = 1;
  });

for (const signal of ['SIGINT', 'SIGTERM']) {
  // `on`, not `once`: npm forwards Ctrl-C as a second signal.
  process.on(signal, () => {
    app.close();
    setTimeout(() => app.server.closeAllConnections(), 3000).unref();
  });
}
