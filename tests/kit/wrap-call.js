/**
 * Functions that wrap a method as tracers do. The wrapper calls `see` first, then the method.
 *
 * @typedef {(self: any, args: any[]) => void} See
 * @type {Record<string, (original: any, see: See) => any>}
 */
export const wrapCall = {
  plain: (original, see) =>
    /** @this {any} @param {any[]} args */
    function (...args) {
      see(this, args);
      return original.apply(this, args);
    },
  proxy: (original, see) =>
    new Proxy(original, {
      apply(target, self, args) {
        see(self, args);
        return Reflect.apply(target, self, args);
      },
    }),
  // As shimmer and dd-trace do: the wrapper has the original's properties, symbols included.
  copy(original, see) {
    const wrapper = wrapCall.plain?.(original, see);
    Object.setPrototypeOf(wrapper, original);
    Object.defineProperties(wrapper, Object.getOwnPropertyDescriptors(original));
    return Object.defineProperty(wrapper, '__original', { value: original, configurable: true });
  },
};

/** Returns whether Node's writeHead() makes the current call. */
export function isWithinWriteHead() {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 20;
  const { stack } = new Error('for its stack');
  Error.stackTraceLimit = stackTraceLimit;
  // V8 finds a wrapped function by its deprecated name: `writeHead [as writeHeader]`.
  return /\bwriteHead (?:\[as \w+\] )?\(node:_http_server/.test(stack ?? '');
}
