import { EventEmitter } from 'node:events';
import { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { load } from './load.js';
import { describe } from './recorder.js';

/**
 * What a handler works with.
 *
 * @typedef {object} Scene
 * @property {any} req
 * @property {any} res
 * @property {string} tag
 * @property {import('./recorder.js').Recorder} recorder
 * @property {import('./outside.js').Outside} outside
 * @property {(how: string) => void} leave - Makes the client leave.
 * @property {string} domain - Whether the app may use node:domain.
 * @property {boolean} [hasRemoved] - Whether headers were removed.
 *
 * @typedef {{ do: string, [option: string]: any }} Step
 */

/** Returns a body's text, the same in every run. @param {number} size @param {string} [letter] */
export function textOf(size, letter = 'x') {
  return letter.repeat(size);
}

/** @param {Scene} scene @param {string} text */
export function noteStep(scene, text) {
  scene.recorder.note(scene.tag, 'handler', text);
}

/** @param {Scene} scene @param {string} name */
function callback(scene, name) {
  const lost = scene.recorder.of(scene.tag).isLost;
  return (/** @type {unknown} */ error) => {
    scene.recorder.note(
      scene.tag,
      'callback',
      `${name}: ${error == null ? 'done' : describe(error)}`,
      lost,
    );
  };
}

/** The header that only the library sets. The comparison ignores it. */
const ours = 'x-request-id';

/** @param {any} headers */
function withoutOurs(headers) {
  return Object.fromEntries(
    Object.entries(headers ?? {}).filter(([name]) => name.toLowerCase() !== ours),
  );
}

/**
 * Returns headers in one of the forms that `writeHead` accepts.
 *
 * @param {string} form
 * @param {[string, any][]} headers
 */
function inForm(form, headers) {
  switch (form) {
    case 'object':
      return Object.fromEntries(headers);
    case 'flat':
      return headers.flat();
    case 'pairs':
      return headers;
    case 'odd':
      return [...headers.flat(), 'X-Odd'];
    case 'null':
      return null;
    case 'proto':
      return Object.assign(Object.create({ 'X-Inherited': 'yes' }), Object.fromEntries(headers));
    default:
      return undefined;
  }
}

/** Steps that are done when they return. @type {Record<string, (scene: Scene, step: Step) => unknown>} */
const direct = {
  status({ res }, { code, message }) {
    res.statusCode = code;
    if (message !== undefined) res.statusMessage = message;
  },
  setHeader: ({ res }, { name, value }) => void res.setHeader(name, value),
  appendHeader: ({ res }, { name, value }) => void res.appendHeader(name, value),
  removeHeader(scene, { name }) {
    scene.hasRemoved = true;
    scene.res.removeHeader(name);
  },
  setHeaders: ({ res }, { headers }) => void res.setHeaders(new Map(headers)),
  removeAll(scene) {
    const { res } = scene;
    scene.hasRemoved = true;
    // Once the head is sent, Node throws, and only the library's run may have a header to remove.
    if (res.headersSent) return 'sent';
    for (const name of res.getHeaderNames()) res.removeHeader(name);
    return undefined;
  },
  writeHead(scene, { code, reason, form, headers }) {
    // Node accepts fewer lists once a header was set, even after its removal. The library cannot know.
    const isList = form === 'pairs' || form === 'flat';
    const given = inForm(scene.hasRemoved && isList ? 'object' : form, headers);
    // Whether Node rejects an odd list before it notes that there is no body depends on headers set before.
    const args = [form === 'odd' && (code === 204 || code === 304) ? 200 : code];
    if (reason !== undefined) args.push(reason);
    if (form !== 'none') args.push(given);
    const result = scene.res.writeHead(...args);
    return result === scene.res ? 'itself' : typeof result;
  },
  flushHeaders: ({ res }) => void res.flushHeaders(),
  writeContinue: (scene) => void scene.res.writeContinue(callback(scene, 'writeContinue')),
  writeProcessing: ({ res }) => void res.writeProcessing(),
  writeEarlyHints: (scene) =>
    void scene.res.writeEarlyHints(
      { link: '</x.css>; rel=preload; as=style' },
      callback(scene, 'writeEarlyHints'),
    ),
  trailers: ({ res }) => void res.addTrailers({ 'X-Trailer': 'end' }),
  write: (scene, { size, call }) =>
    scene.res.write(...[textOf(size), ...(call ? [callback(scene, 'write')] : [])]) === undefined
      ? 'undefined'
      : undefined,
  end(scene, { size, call }) {
    const args = size === undefined ? [] : [textOf(size)];
    const result = scene.res.end(...args, ...(call ? [callback(scene, 'end')] : []));
    return result === scene.res ? 'itself' : typeof result;
  },
  cork: ({ res }) => void res.cork(),
  uncork: ({ res }) => void res.uncork(),
  pipe(scene, { chunks, size }) {
    const source = Readable.from(
      Array.from({ length: chunks }, (_, n) => textOf(size, String.fromCharCode(97 + n))),
    );
    source.on('end', () => scene.recorder.note(scene.tag, 'source', 'end'));
    source.pipe(scene.res);
  },
  destroy({ req, res }, { what, isError }) {
    const target = { req, res, socket: req.socket }[/** @type {'req'} */ (what)];
    target?.destroy(isError ? new Error(`destroyed ${what}`) : undefined);
  },
  listen(scene, { on, event, once }) {
    const { recorder, tag } = scene;
    const listener = (/** @type {any[]} */ ...args) => {
      const [first] = args;
      recorder.note(tag, on, `${event}${first instanceof Error ? ` ${describe(first)}` : ''}`);
    };
    const target = scene[/** @type {'req' | 'res'} */ (on)];
    target[once ? 'once' : 'on'](event, listener);
  },
  onceOff(scene, { on, event }) {
    const target = scene[/** @type {'req' | 'res'} */ (on)];
    const listener = () => noteStep(scene, 'a listener that was taken off was called');
    const before = target.listenerCount(event);
    target.once(event, listener);
    const within = target.listenerCount(event, listener);
    const isThere = target.listeners(event).includes(listener);
    target.off(event, listener);
    return `${within} ${isThere} ${target.listenerCount(event) - before}`;
  },
  emit(scene, { on, event }) {
    return String(scene[/** @type {'req' | 'res'} */ (on)].emit(event, 1, 2));
  },
  look({ req, res }) {
    // Once a header is set, as the library's is from the start, Node also keeps the headers of writeHead().
    const { headersSent } = res;
    const names = headersSent
      ? []
      : res.getHeaderNames().filter((/** @type {string} */ name) => name !== ours);
    const { statusCode, statusMessage, writableEnded, destroyed } = res;
    return JSON.stringify({
      names,
      headers: headersSent ? {} : withoutOurs(res.getHeaders()),
      statusCode,
      statusMessage,
      headersSent,
      writableEnded,
      destroyed,
      isServerResponse: res instanceof ServerResponse,
      request: [req.method, req.httpVersion, req.complete, req.aborted],
      names2: [req.constructor.name, res.constructor.name],
    });
  },
  ownWriteHead(scene) {
    const { res } = scene;
    const { writeHead } = res;
    let calls = 0;
    res.writeHead = function (/** @type {any[]} */ ...args) {
      calls += 1;
      if (calls === 1) {
        // Koa responds after the middleware's scope has ended.
        scene.recorder.note(scene.tag, 'own-res', 'writeHead', true);
        if (!res.headersSent) res.setHeader('X-Own', 'yes');
      }
      return writeHead.apply(this, args);
    };
  },
  ownEmit(scene, { on }) {
    const target = scene[/** @type {'req' | 'res'} */ (on)];
    const { emit } = target;
    target.emit = function (/** @type {any[]} */ ...args) {
      scene.recorder.note(scene.tag, `own-${on}`, String(args[0]), true);
      return emit.apply(this, args);
    };
  },
  detach({ req, res }) {
    const { socket } = req;
    res.detachSocket(socket);
    res.assignSocket(socket);
  },
  timeout: (scene, { on }) =>
    void scene[/** @type {'req' | 'res'} */ (on)].setTimeout(60_000, () => {}),
};

/** @param {Scene} scene */
function lose({ recorder, tag }) {
  recorder.of(tag).isLost = true;
}

/** Ways to call the next step later. @type {Record<string, (scene: Scene, next: () => void) => void>} */
const waits = {
  tick: (_, next) => process.nextTick(next),
  promise: (_, next) => void Promise.resolve().then(next),
  microtask: (_, next) => queueMicrotask(next),
  immediate: (_, next) => void setImmediate(next),
  timer: (_, next) => void setTimeout(next, 1),
  emitter(_, next) {
    const emitter = new EventEmitter();
    emitter.once('go', next);
    setImmediate(() => emitter.emit('go'));
  },
  pool(scene, next) {
    lose(scene);
    scene.outside.run(next);
  },
  worker(scene, next) {
    lose(scene);
    scene.outside.post(next);
  },
  domain(scene, next) {
    const { domain, req, res, recorder, tag } = scene;
    if (domain === 'none') return void setImmediate(next);
    const made = load('node:domain').create();
    made.on('error', (/** @type {unknown} */ error) => {
      recorder.note(tag, 'domain', describe(error), true);
      if (!res.headersSent) res.statusCode = 500;
      res.end('domain');
    });
    made.add(req);
    made.add(res);
    made.run(() => setImmediate(next));
  },
  read(scene, next) {
    const { req } = scene;
    if (req.readableEnded || req.destroyed) return void setImmediate(next);
    let size = 0;
    let isDone = false;
    const finish = (/** @type {string} */ how) => () => {
      if (isDone) return;
      isDone = true;
      noteStep(scene, `read ${size}: ${how}`);
      next();
    };
    req.on('data', (/** @type {Buffer} */ chunk) => {
      size += chunk.length;
    });
    req.on('end', finish('end'));
    req.on('error', finish('error'));
    req.on('close', finish('close'));
  },
};

/**
 * Runs the steps in order. Notes what a step throws, and goes on with the next. Only the step `throw` throws, from
 * wherever the previous steps have led.
 *
 * @param {Scene} scene
 * @param {Step[]} steps
 * @param {() => void} done
 */
export function runSteps(scene, steps, done, at = 0) {
  for (let n = at; n < steps.length; n += 1) {
    const step = steps[n];
    if (step === undefined) break;
    if (step.do === 'throw') {
      noteStep(scene, 'throws');
      throw makeError(scene, step.status);
    }
    if (step.do === 'wait') {
      noteStep(scene, `waits for ${step.for}`);
      goOn(scene, waitFor(step.for), () => runSteps(scene, steps, done, n + 1));
      return;
    }
    if (step.do === 'leave') {
      goOn(scene, untilGone(step.how), () => runSteps(scene, steps, done, n + 1));
      return;
    }
    try {
      const result = direct[step.do]?.(scene, step);
      noteStep(scene, `${step.do}${result === undefined ? '' : `: ${result}`}`);
    } catch (error) {
      noteStep(scene, `${step.do}: ${describe(error)}`);
    }
  }
  done();
}

/** @param {string} kind */
function waitFor(kind) {
  const wait = waits[kind];
  if (wait === undefined) throw new Error(`no such wait: ${kind}`);
  return wait;
}

/** @param {Scene} scene @param {number} [status] */
export function makeError(scene, status) {
  const error = new Error(`boom ?t=${scene.tag}`);
  return status === undefined ? error : Object.assign(error, { status, expose: true });
}

/**
 * @param {Scene} scene
 * @param {(scene: Scene, next: () => void) => void} wait
 * @param {() => void} next
 */
function goOn(scene, wait, next) {
  scene.recorder.pending += 1;
  wait(scene, () => {
    scene.recorder.pending -= 1;
    next();
  });
}

/** @param {string} how @returns {(scene: Scene, next: () => void) => void} */
function untilGone(how) {
  return (scene, next) => {
    const { req } = scene;
    const socket = req.stream ?? req.socket;
    noteStep(scene, `client leaves: ${how}`);
    const event = how === 'halfClose' && req.stream === undefined ? 'end' : 'close';
    if (socket == null || socket.destroyed) return void setImmediate(next);
    lose(scene);
    let isDone = false;
    const go = () => {
      if (isDone) return;
      isDone = true;
      scene.outside.run(next);
    };
    socket.once(event, go);
    socket.once('close', go);
    scene.leave(how);
  };
}
