import { fileURLToPath } from 'node:url';
import { load } from '../load.js';
import { tagOf } from '../recorder.js';

const folder = fileURLToPath(new URL('../public', import.meta.url));

/**
 * Middlewares `(req, res, next)` for plain node:http servers, connect and Express.
 *
 * @typedef {{ recorder: import('../recorder.js').Recorder, backend: () => string }} Surroundings
 * @type {Record<string, (surroundings: Surroundings) => (req: any, res: any, next: (error?: unknown) => void) => unknown>}
 */
export const connectMiddlewares = {
  compression: () => load('compression')({ threshold: 0 }),
  session: () =>
    load('express-session')({
      secret: 'secret',
      resave: false,
      saveUninitialized: true,
      genid: (/** @type {any} */ req) => `session-${tagOf(req)}`,
    }),
  cookieParser: () => load('cookie-parser')('secret'),
  json: () => load('body-parser').json(),
  urlencoded: () => load('body-parser').urlencoded({ extended: false }),
  raw: () => load('body-parser').raw({ type: 'text/plain' }),
  multer: () => load('multer')().any(),
  helmet: () => load('helmet')(),
  cors: () => load('cors')({ origin: true, credentials: true, exposedHeaders: ['X-A'] }),
  static: () => load('serve-static')(folder, { lastModified: false, etag: true }),
  responseTime: () => load('response-time')(),
  proxy: ({ backend }) => {
    const proxy = load('http-proxy').createProxyServer({});
    return (req, res, next) =>
      req.url.startsWith('/proxy') ? proxy.web(req, res, { target: backend() }, next) : next();
  },
  proxyMiddleware: ({ backend }) =>
    load('http-proxy-middleware').createProxyMiddleware({
      pathFilter: '/proxy',
      router: () => backend(),
      target: 'http://127.0.0.1:1',
    }),
  rateLimit: () =>
    load('express-rate-limit').rateLimit({
      limit: 2,
      validate: false,
      standardHeaders: true,
      keyGenerator: () => 'all',
    }),
  morgan: ({ recorder }) =>
    load('morgan')((/** @type {any} */ tokens, /** @type {any} */ req, /** @type {any} */ res) => {
      const values = ['method', 'url', 'status', 'http-version'].map((name) =>
        tokens[name](req, res),
      );
      recorder.note(tagOf(req), 'morgan', values.join(' '), true);
      return undefined;
    }),
  pinoHttp: ({ recorder }) =>
    load('pino-http')({
      stream: {
        write(/** @type {string} */ line) {
          const { req, res, msg, err } = JSON.parse(line);
          const text = `${msg} ${req?.method} ${res?.statusCode} ${err?.message}`;
          recorder.note(tagOf(req), 'pino-http', text, true);
        },
      },
    }),
  timeout: () => load('connect-timeout')('60s'),
  methodOverride: () => load('method-override')('X-Method'),
  favicon: () => load('serve-favicon')(Buffer.from('icon')),
  onHeaders: ({ recorder }) => {
    const onHeaders = load('on-headers');
    return (req, res, next) => {
      onHeaders(res, (/** @type {any} */ ..._args) => {
        recorder.note(tagOf(req), 'on-headers', `${res.statusCode}`, true);
        if (!res.hasHeader('X-On')) res.setHeader('X-On', 'yes');
      });
      next();
    };
  },
  later: () => (_req, _res, next) => void setImmediate(next),
  laterOutside: () => (_req, _res, next) => void Promise.resolve().then(() => next()),
};
