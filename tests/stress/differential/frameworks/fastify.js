import { fileURLToPath } from 'node:url';
import { load } from '../load.js';
import { describe, tagOf } from '../recorder.js';
import { makeError, noteStep, runSteps, textOf } from '../steps.js';
import { endings, nodeEndings } from './endings.js';
import { handlerOf, marker, sceneOf } from './handle.js';

const folder = fileURLToPath(new URL('../public', import.meta.url));

/** The options of each plugin. @type {Record<string, object>} */
const pluginOptions = {
  compress: { threshold: 0 },
  cookie: { secret: 'secret' },
  session: { secret: 's'.repeat(40), cookieName: 's', cookie: { secure: false } },
  cors: { origin: true, credentials: true },
  helmet: {},
  static: { root: folder, lastModified: false, prefix: '/static/' },
  multipart: {},
  'rate-limit': { max: 2, keyGenerator: () => 'all' },
  formbody: {},
};
export const fastifyPlugins = [...Object.keys(pluginOptions), 'hooks', 'later'];

const fastifyEndings = endings(({ reply }, body) => reply.send(body), {
  empty: ({ reply }) => reply.code(204).send(),
  redirect: ({ reply }) => reply.redirect('/elsewhere'),
  file: ({ reply }, { size }) => reply.type('text/plain').send(textOf(size)),
  status: ({ reply }, { code }) => reply.code(code).send(''),
  pass: ({ reply }) => reply.callNotFound(),
  next: (scene) => scene.reply.send(makeError(scene)),
  httpError: (scene) => scene.reply.send(Object.assign(makeError(scene), { statusCode: 418 })),
  throwLater(scene) {
    scene.reply.hijack();
    nodeEndings.throwLater?.(scene, {});
  },
  twice({ reply }) {
    reply.send('one');
    return reply.send('two');
  },
});

/** @param {import('../steps.js').Step} step */
const withoutHeaders = (step) => (step.do === 'writeHead' ? { ...step, form: 'none' } : step);

/**
 * @param {'fastify' | 'fastify4'} name
 * @returns {(surroundings: import('./handle.js').Surroundings & { serverFactory: any }) => any}
 */
export const fastifyApp = (name) => (surroundings) => {
  const { app, library, recorder, serverFactory } = surroundings;
  const { mount } = app;
  const suffix = name === 'fastify4' ? '4' : '';
  const mark = marker(surroundings);
  const ids = new Map();
  const stream = {
    write(/** @type {string} */ line) {
      const { reqId, msg, req, res, err } = JSON.parse(line);
      const tag = tagOf(req) ?? ids.get(reqId);
      if (tag === undefined) return;
      ids.set(reqId, tag);
      const text = `${msg} ${res?.statusCode} ${err?.message}`.replace(/after .*ms/, '');
      recorder.note(tag, 'fastify-log', text, true);
    },
  };
  const options = {
    serverFactory,
    genReqId: (/** @type {any} */ raw) => `own-${tagOf(raw)}`,
    ...(suffix === '4' ? { requestIdHeader: false } : {}),
    exposeHeadRoutes: false,
  };
  const fastify = load(name).fastify({
    ...options,
    ...(suffix === '4' ? { logger: { stream, level: 'info' } } : { logger: { stream } }),
  });
  let hasCookies = false;
  const byPlugin = mount.by !== 'attach';

  function add(/** @type {any} */ instance, /** @type {string} */ plugin) {
    if (plugin === 'hooks') {
      const note = (/** @type {any} */ request, /** @type {string} */ hook) =>
        recorder.note(tagOf(request.raw), 'hook', hook);
      for (const hook of ['onRequest', 'preHandler', 'onResponse', 'onError', 'onRequestAbort']) {
        instance.addHook(hook, async (/** @type {any} */ request) => note(request, hook));
      }
      instance.addHook(
        'onSend',
        async (
          /** @type {any} */ request,
          /** @type {any} */ _reply,
          /** @type {any} */ payload,
        ) => {
          note(request, 'onSend');
          return payload;
        },
      );
    } else if (plugin === 'later') {
      instance.addHook(
        'onRequest',
        (/** @type {any} */ _request, /** @type {any} */ _reply, /** @type {any} */ done) =>
          setImmediate(done),
      );
    } else {
      const made = load(`@fastify/${plugin}${suffix}`);
      const more =
        plugin === 'session'
          ? { idGenerator: (/** @type {any} */ request) => `session-${tagOf(request?.raw)}` }
          : {};
      // Sessions need this plugin, and Fastify accepts it only once.
      const needsCookies = plugin === 'session' || plugin === 'cookie';
      if (needsCookies && !hasCookies) {
        hasCookies = true;
        instance.register(load(`@fastify/cookie${suffix}`), pluginOptions.cookie);
      }
      if (plugin === 'cookie') return;
      instance.register(made.default ?? made, { ...pluginOptions[plugin], ...more });
    }
  }

  const register = (/** @type {any} */ instance) => {
    if (library) instance.register(library.fastify.requestId);
  };
  app.middlewares.forEach((/** @type {string} */ plugin, /** @type {number} */ n) => {
    if (byPlugin && !mount.nested && n === mount.at) register(fastify);
    add(fastify, plugin);
  });
  if (byPlugin && !mount.nested && mount.at >= app.middlewares.length) register(fastify);
  if (app.errors === 'handler') {
    fastify.setErrorHandler(
      (/** @type {any} */ error, /** @type {any} */ request, /** @type {any} */ reply) => {
        recorder.note(tagOf(request.raw), 'error-handler', describe(error));
        return reply.code(error.statusCode ?? 500).send(`handled ${error.message}`);
      },
    );
  }
  fastify.addContentTypeParser(
    '*',
    (/** @type {any} */ _request, /** @type {any} */ _payload, /** @type {any} */ done) =>
      done(null),
  );
  const routes = async (/** @type {any} */ instance) => {
    if (byPlugin && (mount.nested || mount.times === 2)) register(instance);
    // The CORS plugin adds a route for OPTIONS.
    const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'];
    if (!app.middlewares.includes('cors')) methods.push('OPTIONS');
    const handle = (/** @type {any} */ request, /** @type {any} */ reply) => {
      mark(request.raw);
      const scene = sceneOf(surroundings, request.raw, reply.raw, { request, reply });
      const { steps, finish } = handlerOf(app, scene.tag);
      noteStep(scene, `handles ${request.method} ${request.url}`);
      if (finish.how === 'raw') reply.hijack();
      return new Promise((resolve, reject) => {
        // Fastify still reads the headers after a step has sent the head: unless hijacked, such a step passes none.
        const isHijacked = finish.how === 'raw';
        runSteps(scene, isHijacked ? steps : steps.map(withoutHeaders), () => {
          if (finish.how === 'raw') return resolve(undefined);
          try {
            const result = fastifyEndings[finish.how]?.(scene, finish);
            resolve(result instanceof Promise ? result : reply);
          } catch (error) {
            reject(error);
          }
        });
      });
    };
    instance.route({ method: methods, url: '/*', handler: handle });
  };
  fastify.register(routes);
  return { fastify };
};
