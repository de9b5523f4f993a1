import { types } from 'node:util';

/**
 * A deep copy of data: plain objects, arrays, `Map`, `Set`, `Date`, `ArrayBuffer`, typed arrays and
 * `DataView`, with cycles and shared references kept as they are. Everything else (functions,
 * instances of classes, promises, ...) is kept itself: only its class would know how to copy it.
 * So is a `SharedArrayBuffer`, which exists to be shared. A view gets memory of its own, and no more
 * than it shows: that of a `Buffer` is part of a pool.
 *
 * It works off a list instead of calling itself, so that depth is bounded by memory alone.
 */
export function deepCopy<T>(root: T): T {
  const copies = new Map<object, object>();
  const unfilled: (() => void)[] = [];

  function copyOf(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value;
    let copy = copies.get(value);
    if (copy === undefined) {
      copy = begin(value);
      copies.set(value, copy);
    }
    return copy;
  }

  /** The copy of `value`, empty as yet where it has parts; what fills it is put on the list. */
  function begin(value: object): object {
    const prototype = Object.getPrototypeOf(value);
    const depth = prototypeDepth(prototype);
    if (depth < 2) {
      const copy = Object.create(prototype);
      unfilled.push(() => copyProperties(value, copy));
      return copy;
    }
    // Deeper: an instance of a subclass, which may hold more than its built-in part.
    if (depth > builtInDepth(value)) return value;
    if (ArrayBuffer.isView(value)) return copyView(value);
    if (Array.isArray(value)) {
      const copy: unknown[] = [];
      unfilled.push(() => copyProperties(value, copy));
      return copy;
    }
    if (types.isMap(value)) {
      const copy = new Map();
      unfilled.push(() => {
        for (const [key, item] of value) copy.set(copyOf(key), copyOf(item));
      });
      return copy;
    }
    if (types.isSet(value)) {
      const copy = new Set();
      unfilled.push(() => {
        for (const item of value) copy.add(copyOf(item));
      });
      return copy;
    }
    if (types.isDate(value)) return new Date(value.getTime());
    if (types.isArrayBuffer(value)) return value.slice(0);
    return value;
  }

  function copyProperties(from: object, to: object): void {
    for (const key of Reflect.ownKeys(from)) {
      const property = Object.getOwnPropertyDescriptor(from, key) as PropertyDescriptor;
      // An accessor stays one: to call it could have effects.
      if ('value' in property) property.value = copyOf(property.value);
      Object.defineProperty(to, key, property);
    }
    // What was frozen can be relied on to stay as it is, in the copy too.
    if (!Object.isExtensible(from)) Object.preventExtensions(to);
  }

  const copy = copyOf(root);
  for (let fill = unfilled.pop(); fill !== undefined; fill = unfilled.pop()) fill();
  return copy as T;
}

function copyView(view: ArrayBufferView): object {
  if (types.isSharedArrayBuffer(view.buffer)) return view;
  if (types.isTypedArray(view)) {
    // Not view.slice(): a Buffer's shares the memory.
    return Uint8Array.prototype.slice.call(view);
  }
  return new DataView(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
}

/** 0 for none, 1 for a plain object's, 2 for that of most built-in classes or a user's, more below. */
function prototypeDepth(prototype: object | null): number {
  let depth = 0;
  for (let at = prototype; at !== null && depth < 5; at = Object.getPrototypeOf(at)) depth += 1;
  return depth;
}

/** The depth of the built-in class that `value` is of; an instance of a subclass is deeper. */
function builtInDepth(value: object): number {
  if (!types.isTypedArray(value)) return 2;
  return Buffer.isBuffer(value) ? 4 : 3;
}
