import { createServer } from 'node:http';
import { app } from './app.js';
import { logger } from './logger.js';

const host = '127.0.0.1';
const port = Number(process.env.PORT ?? 3004);
const server = createServer(app).listen(port, host);

server.once('listening', () => {
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  logger.info(`Listening on http://${host}:${address.port}`);
});

server.once('error', (/** @type {NodeJS.ErrnoException} */ error) => {
  if (error.code !== 'EADDRINUSE') throw error;
  console.error(
    `Port ${port} on ${host} is taken. Stop what listens there, or set PORT to a free one.`,
  );
  process.exitCode = 1;
});

for (const signal of ['SIGINT', 'SIGTERM']) {
  // `on`, not `once`: npm forwards Ctrl-C as a second signal.
  process.on(signal, () => {
    server.close();
    setTimeout(() => server.closeAllConnections(), 3000).unref();
  });
}
