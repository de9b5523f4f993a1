import {
  type RequestClass,
  type ResponseClass,
  scopedRequestClass,
  scopedResponseClass,
} from './scoped-classes.ts';

type AnyClass = RequestClass | ResponseClass;

const changed = new WeakSet<object>();

/**
 * Makes an HTTP/1 server create its requests and responses from subclasses that enter the scope. Node keeps the
 * two classes, which its options `IncomingMessage` and `ServerResponse` set, under symbols of these names. An
 * HTTP/2 server that allows HTTP/1 gets them with its first HTTP/1 connection, and again with each later one.
 * Only there are they replaced by accessors, which make V8 look up every property of the server by its hash.
 *
 * @returns whether the server was changed; not if it is not Node's, or keeps the classes elsewhere
 */
export function useScopedClasses(server: object): boolean {
  if (changed.has(server)) return true;
  const keys = Object.getOwnPropertySymbols(server);
  const requestKey = keys.find(({ description }) => description === 'IncomingMessage');
  const responseKey = keys.find(({ description }) => description === 'ServerResponse');
  if (requestKey === undefined || responseKey === undefined) return false;
  const isChanged =
    replaceClass(server, requestKey, scopedRequestClass) &&
    replaceClass(server, responseKey, scopedResponseClass);
  if (isChanged) changed.add(server);
  return isChanged;
}

function replaceClass<Class extends AnyClass>(
  server: object,
  key: symbol,
  scopedClass: (Base: Class) => Class,
): boolean {
  let current = tryToExtend(Reflect.get(server, key));
  if (!('updateSettings' in server)) return Reflect.set(server, key, current);
  return Reflect.defineProperty(server, key, {
    configurable: true,
    enumerable: true,
    get: () => current,
    set: (Base: Class) => {
      current = tryToExtend(Base);
    },
  });

  function tryToExtend(Base: Class): Class {
    try {
      return scopedClass(Base);
    } catch {
      // The class cannot be extended. Its objects get own methods.
      return Base;
    }
  }
}
