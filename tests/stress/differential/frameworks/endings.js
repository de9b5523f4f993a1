import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { makeError, textOf } from '../steps.js';

/** @typedef {Record<string, (scene: any, options: any) => unknown>} Endings */

/**
 * Returns the ways in which a handler ends: with a body, with an error, or in the framework's own ways.
 *
 * @param {(scene: any, body: any) => unknown} send - Responds in the framework's own way.
 * @param {Endings} own
 * @returns {Endings}
 */
export const endings = (send, own) => ({
  text: (scene, { size }) => send(scene, textOf(size)),
  json: (scene, { size }) => send(scene, { text: textOf(size) }),
  buffer: (scene, { size }) => send(scene, Buffer.from(textOf(size))),
  stream: (scene, { size }) => send(scene, Readable.from([textOf(size), textOf(size)])),
  brokenStream(scene, { size }) {
    const stream = new Readable({ read() {} });
    stream.push(textOf(size));
    setImmediate(() => stream.destroy(makeError(scene)));
    return send(scene, stream);
  },
  throw(scene) {
    throw makeError(scene);
  },
  reject: (scene) => Promise.reject(makeError(scene)),
  ...own,
});

/** @param {Readable} stream @param {any} res */
function pipe(stream, res) {
  stream.on('error', () => res.destroy());
  stream.pipe(res);
}

/** @type {Endings} */
const connectEndings = {
  pass: ({ next }) => next(),
  next: (scene) => scene.next(makeError(scene)),
  httpError: (scene) => scene.next(makeError(scene, 418)),
  throwLater(scene) {
    const { res } = scene;
    setImmediate(() => {
      setImmediate(() => res.end('late'));
      throw makeError(scene);
    });
  },
  reject(scene) {
    setImmediate(() => scene.res.end('late'));
    return Promise.reject(makeError(scene));
  },
};

export const expressEndings = endings(
  ({ res }, body) => (body instanceof Readable ? pipe(body, res) : res.send(body)),
  {
    ...connectEndings,
    empty: ({ res }) => res.status(204).end(),
    redirect: ({ res }) => res.redirect('/elsewhere'),
    file({ res, next }) {
      const file = fileURLToPath(new URL('../public/big.txt', import.meta.url));
      const done = (/** @type {unknown} */ error) => error && next(error);
      res.sendFile(file, { lastModified: false }, done);
    },
    status: ({ res }, { code }) => res.sendStatus(code),
    twice({ res }) {
      res.send('one');
      res.send('two');
    },
  },
);

/** The same for plain node:http. */
export const nodeEndings = endings(
  ({ res }, body) => {
    if (body instanceof Readable) return pipe(body, res);
    if (typeof body === 'string' || Buffer.isBuffer(body)) return void res.end(body);
    res.writeHead(200, { 'Content-Type': 'application/json' });
    res.end(JSON.stringify(body));
  },
  {
    ...connectEndings,
    empty({ res }) {
      res.statusCode = 204;
      res.end();
    },
    redirect: ({ res }) => void res.writeHead(302, { Location: '/elsewhere' }).end(),
    file: ({ res }, { size }) => void res.end(textOf(size)),
    status: ({ res }, { code }) => void res.writeHead(code).end(),
    twice({ res }) {
      res.end('one');
      res.end('two');
    },
  },
);
