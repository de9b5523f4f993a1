function fail(): never {
  throw new Error('hostile');
}

/** Returns an object that throws whatever is done with it. */
export function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** Returns an object that holds itself. */
export function cyclic(): object {
  const object: { self?: object } = {};
  object.self = object;
  return object;
}

/** Values that JSON.stringify() throws for or leaves out. */
export const hostileValues: [what: string, make: () => unknown][] = [
  ['a BigInt', () => 7n],
  ['a BigInt in an object', () => ({ n: 7n })],
  ['a symbol', () => Symbol('s')],
  ['a function', () => () => {}],
  ['a cyclic object', cyclic],
  ['a revoked Proxy', revoked],
  ['a getter that throws', () => Object.defineProperty({}, 'x', { get: fail, enumerable: true })],
  ['a toJSON() that throws', () => ({ toJSON: fail })],
];
