import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { makeError, textOf } from '../steps.js';

/**
 * How a handler of Express ends.
 *
 * @type {Record<string, (scene: any, options: any) => unknown>}
 */
export const expressFinish = {
  text: ({ res }, { size }) => res.send(textOf(size)),
  json: ({ res }, { size }) => res.json({ text: textOf(size) }),
  buffer: ({ res }, { size }) => res.send(Buffer.from(textOf(size))),
  stream: ({ res }, { size }) => void Readable.from([textOf(size), textOf(size)]).pipe(res),
  brokenStream: (scene, { size }) => {
    const { res } = scene;
    const stream = new Readable({ read() {} });
    stream.push(textOf(size));
    stream.on('error', () => res.destroy());
    stream.pipe(res);
    setImmediate(() => stream.destroy(makeError(scene)));
  },
  empty: ({ res }) => res.status(204).end(),
  redirect: ({ res }) => res.redirect('/elsewhere'),
  file: ({ res, next }) =>
    res.sendFile(
      fileURLToPath(new URL('../public/big.txt', import.meta.url)),
      {
        lastModified: false,
      },
      (/** @type {unknown} */ error) => error && next(error),
    ),
  status: ({ res }, { code }) => res.sendStatus(code),
  pass: ({ next }) => next(),
  next: (scene) => scene.next(makeError(scene)),
  httpError: (scene) => scene.next(makeError(scene, 418)),
  throw: (scene) => {
    throw makeError(scene);
  },
  throwLater: (scene) => {
    const { res } = scene;
    setImmediate(() => {
      setImmediate(() => res.end('late'));
      throw makeError(scene);
    });
  },
  reject: (scene) => {
    setImmediate(() => scene.res.end('late'));
    return Promise.reject(makeError(scene));
  },
  twice: ({ res }) => {
    res.send('one');
    res.send('two');
  },
};

/** The same for plain node:http. @type {Record<string, (scene: any, options: any) => unknown>} */
export const nodeFinish = {
  ...expressFinish,
  text: ({ res }, { size }) => void res.end(textOf(size)),
  json: ({ res }, { size }) => {
    res.writeHead(200, { 'Content-Type': 'application/json' });
    res.end(JSON.stringify({ text: textOf(size) }));
  },
  buffer: ({ res }, { size }) => void res.end(Buffer.from(textOf(size))),
  empty: ({ res }) => {
    res.statusCode = 204;
    res.end();
  },
  redirect: ({ res }) => void res.writeHead(302, { Location: '/elsewhere' }).end(),
  file: ({ res }, { size }) => void res.end(textOf(size)),
  status: ({ res }, { code }) => void res.writeHead(code).end(),
  twice: ({ res }) => {
    res.end('one');
    res.end('two');
  },
};
