import { types } from 'node:util';

/**
 * Returns a deep copy of data: plain objects, arrays, `Map`, `Set`, `Date`, `ArrayBuffer`, typed arrays and
 * `DataView`, with cycles and shared references. The copy refers to everything else itself (functions, class
 * instances, promises, ...): only a class knows how to copy its instances. It also refers to a
 * `SharedArrayBuffer`, which exists to be shared, and to what cannot be read: a detached buffer, a revoked
 * `Proxy`. A view gets its own memory, and no more than it shows: a `Buffer` is part of a pool.
 *
 * A list replaces recursion, so only memory limits the depth.
 */
export function deepCopy<T>(root: T): T {
  const copies = new Map<object, object>();
  const unfilled: (() => void)[] = [];

  function copyOf(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value;
    let copy = copies.get(value);
    if (copy === undefined) {
      copy = tryToBegin(value);
      copies.set(value, copy);
    }
    return copy;
  }

  function tryToBegin(value: object): object {
    try {
      return begin(value);
    } catch {
      // It cannot be read: detached, out of bounds, revoked, or a Proxy whose trap throws.
      return value;
    }
  }

  /**
   * Returns the copy of `value`. Where it has parts, the copy is still empty, and a function that fills it
   * goes on the list. Everything that can throw happens here: the functions on the list cannot fail.
   */
  function begin(value: object): object {
    const prototype = Object.getPrototypeOf(value);
    const depth = prototypeDepth(prototype);
    if (depth < 2) {
      return isOfClass(prototype) ? value : copyProperties(value, Object.create(prototype));
    }
    // Deeper: an instance of a subclass, which may hold more than its built-in part.
    if (depth > builtInDepth(value)) return value;
    if (ArrayBuffer.isView(value)) return copyView(value);
    if (Array.isArray(value)) return copyProperties(value, []);
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
    if (types.isArrayBuffer(value)) return copyBuffer(value);
    return value;
  }

  function copyProperties(from: object, to: object): object {
    // A Proxy is read at once, as its traps can throw.
    const shown = types.isProxy(from) ? Object.getOwnPropertyDescriptors(from) : undefined;
    const isExtensible = Object.isExtensible(from);
    unfilled.push(() => {
      for (const key of Reflect.ownKeys(shown ?? from)) {
        const property = (shown?.[key as string] ??
          Object.getOwnPropertyDescriptor(from, key)) as PropertyDescriptor;
        // An accessor stays one: calling it could have effects.
        if ('value' in property) property.value = copyOf(property.value);
        Object.defineProperty(to, key, property);
      }
      // Code may rely on a frozen object to stay as it is, and so on its copy.
      if (!isExtensible) Object.preventExtensions(to);
    });
    return to;
  }

  const copy = copyOf(root);
  for (let fill = unfilled.pop(); fill !== undefined; fill = unfilled.pop()) fill();
  return copy as T;
}

interface ResizableBuffer extends ArrayBuffer {
  readonly resizable: boolean;
  readonly maxByteLength: number;
}

function copyBuffer(buffer: ArrayBuffer): ArrayBuffer {
  const { resizable, byteLength, maxByteLength } = buffer as ResizableBuffer;
  if (!resizable) return buffer.slice(0);
  // Throws for a detached one.
  const bytes = new Uint8Array(buffer);
  const copy = Reflect.construct(ArrayBuffer, [byteLength, { maxByteLength }]);
  new Uint8Array(copy).set(bytes);
  return copy;
}

function copyView(view: ArrayBufferView): object {
  if (types.isSharedArrayBuffer(view.buffer)) return view;
  if (types.isTypedArray(view)) {
    // Not view.slice(): a Buffer's slice shares the memory.
    return Uint8Array.prototype.slice.call(view);
  }
  return new DataView(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
}

/** Returns whether an object with this prototype alone is an instance of a class that extends null. */
function isOfClass(prototype: object | null): boolean {
  return (
    prototype !== null &&
    Object.hasOwn(prototype, 'constructor') &&
    // Object.prototype, of whichever realm.
    !Object.hasOwn(prototype, 'isPrototypeOf')
  );
}

/** Returns 0 for none, 1 for a plain object's, 2 for that of a class, more for that of a subclass. */
function prototypeDepth(prototype: object | null): number {
  let depth = 0;
  for (let at = prototype; at !== null && depth < 5; at = Object.getPrototypeOf(at)) depth += 1;
  return depth;
}

/** Returns the depth of the built-in class of `value`. An instance of a subclass is deeper. */
function builtInDepth(value: object): number {
  if (!types.isTypedArray(value)) return 2;
  return Buffer.isBuffer(value) ? 4 : 3;
}
