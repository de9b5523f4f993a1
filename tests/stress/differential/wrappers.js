import { EventEmitter } from 'node:events';
import { IncomingMessage, Server, ServerResponse } from 'node:http';
import { isWithinWriteHead, wrapCall } from '../../kit/wrap-call.js';
import { tagOf } from './recorder.js';

/** The methods that instrumentation replaces. @type {Record<string, [object: any, method: string]>} */
const targets = {
  'ServerResponse.emit': [ServerResponse.prototype, 'emit'],
  'ServerResponse.writeHead': [ServerResponse.prototype, 'writeHead'],
  'ServerResponse.write': [ServerResponse.prototype, 'write'],
  'ServerResponse.end': [ServerResponse.prototype, 'end'],
  'ServerResponse.setHeader': [ServerResponse.prototype, 'setHeader'],
  'IncomingMessage.emit': [IncomingMessage.prototype, 'emit'],
  'Server.emit': [Server.prototype, 'emit'],
  'EventEmitter.emit': [EventEmitter.prototype, 'emit'],
};
export const wrapperTargets = Object.keys(targets);

/** Events that Node emits for itself. They differ between versions of Node. */
const internal = new Set(['newListener', 'removeListener']);

/**
 * Wraps a method as an APM agent does, and notes every call for a request of the app.
 *
 * @param {{ target: string, kind: string }} wrapper
 * @param {import('./recorder.js').Recorder} recorder
 * @returns {() => boolean} Removes the wrapper. Returns false if something has replaced it.
 */
export function wrap({ target, kind }, recorder) {
  const [object, method] = targets[target] ?? [];
  const before = Object.getOwnPropertyDescriptor(object, method ?? '');
  const original = object[method ?? ''];
  let isActive = true;

  /** @param {any} self @param {any[]} args */
  function note(self, args) {
    if (!isActive) return;
    const tag = tagFor(self, args);
    if (tag === undefined) return;
    const text = textFor(method ?? '', args);
    if (text !== undefined) recorder.note(tag, `wrapper ${target}`, text, true);
  }

  const replacement = wrapCall[kind]?.(original, note);
  object[method ?? ''] = replacement;

  return () => {
    isActive = false;
    if (object[method ?? ''] !== replacement) return false;
    if (before === undefined) delete object[method ?? ''];
    else Object.defineProperty(object, method ?? '', before);
    return true;
  };
}

/** @param {any} self @param {any[]} args */
function tagFor(self, args) {
  if (self instanceof ServerResponse) return tagOf(/** @type {any} */ (self.req));
  // Responses to the app's outbound requests are IncomingMessages too, and have no URL.
  if (self instanceof IncomingMessage) return tagOf(self);
  if (self instanceof Server) return tagOf(args[1]);
  return undefined;
}

/** @param {string} method @param {any[]} args */
function textFor(method, args) {
  const [first, second, third] = args;
  switch (method) {
    case 'emit':
      return internal.has(String(first)) || first === 'data' ? undefined : `emit ${String(first)}`;
    case 'setHeader':
      // Once a header is set, as the library's is from the start, Node's writeHead() calls setHeader() for the others.
      if (/^x-request-id$/i.test(String(first)) || isWithinWriteHead()) return undefined;
      return `setHeader ${String(first)}`;
    case 'writeHead':
      return `writeHead ${JSON.stringify([first, shapeOf(second), shapeOf(third)])}`;
    default:
      return `${method} ${args.length}`;
  }
}

/**
 * Returns the names of the headers passed to `writeHead`, without their form: the library changes a form that Node would
 * reject or send differently once a header is set.
 *
 * @param {any} given
 */
function shapeOf(given) {
  if (given === undefined || typeof given === 'string') return given;
  if (!Array.isArray(given)) return namesOf(Object.keys(given ?? {}));
  return namesOf(
    Array.isArray(given[0]) ? given.map(([name]) => name) : given.filter((_, n) => n % 2 === 0),
  );
}

/** @param {unknown[]} names */
function namesOf(names) {
  const unique = new Set(names.map((name) => String(name).toLowerCase()));
  unique.delete('x-request-id');
  return [...unique].sort();
}
