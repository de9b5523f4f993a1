import { tagOf } from '../recorder.js';
import { noteStep, runSteps } from '../steps.js';

/**
 * What every framework builds an app from.
 *
 * @typedef {object} Surroundings
 * @property {any} app - The app's description.
 * @property {any} library - Undefined in the run without the library.
 * @property {import('../recorder.js').Recorder} recorder
 * @property {import('../outside.js').Outside} outside
 * @property {() => string} backend - Returns the URL that proxies forward to.
 * @property {(tag: string, how: string) => void} leave
 */

const fallback = { steps: [], finish: { how: 'text', size: 2 } };

/**
 * Returns the handler for the request with a tag.
 *
 * @param {any} app
 * @param {string} tag
 */
export function handlerOf(app, tag) {
  const [connection, n] = tag.split('.').map(Number);
  return app.connections[connection ?? -1]?.requests[n ?? -1]?.handler ?? fallback;
}

/**
 * @param {Surroundings} surroundings
 * @param {any} req
 * @param {any} res
 * @param {object} more
 * @returns {any}
 */
export function sceneOf({ app, recorder, outside, leave }, req, res, more = {}) {
  const tag = tagOf(req) ?? '9.9';
  const record = recorder.of(tag);
  record.id ??= req.id;
  return {
    ...more,
    req,
    res,
    tag,
    recorder,
    outside,
    leave: (/** @type {string} */ how) => leave(tag, how),
    domain: app.domain,
  };
}

/**
 * Returns a handler `(req, res, next)` that runs the request's steps and ending.
 *
 * @param {Surroundings} surroundings
 * @param {Record<string, (scene: any, options: any) => unknown>} finishes
 */
export function connectHandler(surroundings, finishes) {
  return (/** @type {any} */ req, /** @type {any} */ res, /** @type {any} */ next) => {
    const scene = sceneOf(surroundings, req, res, { next });
    const { steps, finish } = handlerOf(surroundings.app, scene.tag);
    noteStep(scene, `handles ${req.method} ${req.url}`);
    /** @type {unknown} */
    let result;
    runSteps(scene, steps, () => {
      if (finish.how !== 'raw') result = finishes[finish.how]?.(scene, finish);
    });
    return result instanceof Promise ? result : undefined;
  };
}

/**
 * Returns a function that marks a request's scope as open. It runs right after the library.
 *
 * @param {Surroundings} surroundings
 */
export function marker({ recorder }) {
  return (/** @type {any} */ req) => {
    const tag = tagOf(req);
    if (tag === undefined) return;
    const record = recorder.of(tag);
    record.isEntered = true;
    record.id ??= req.id;
  };
}
