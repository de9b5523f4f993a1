import type { IncomingMessage } from 'node:http';
import type { AttachableServer } from '@request-context/node-http';
import type { FastifyInstance } from 'fastify';

/*
 * What Fastify's public API cannot do. Fastify keeps these properties under symbols, found here by their
 * descriptions, which are the same in Fastify 4.26 to 5. Where one is not found, only the public API is used.
 */

type Internals = Record<symbol, unknown>;
type GenReqId = (raw: IncomingMessage) => string;

/**
 * Makes Fastify use `genReqId` for every request, in encapsulated plugins as well. It overrides `requestIdHeader`
 * and later calls of `setGenReqId`.
 */
export function useGenReqId(fastify: FastifyInstance, genReqId: GenReqId): void {
  fastify.setGenReqId(genReqId);
  // With requestIdHeader, Fastify 4's default, Fastify wraps our function in one that prefers what the client sent
  // in that header, unchecked.
  const key = symbolOf(fastify, 'fastify.genReqId');
  if (key === undefined) return;
  for (const instance of withChildren(fastify)) {
    // Later instances inherit it.
    Object.defineProperty(instance, key, {
      configurable: true,
      enumerable: true,
      get: () => genReqId,
      set: () => {},
    });
  }
}

/** Moves a hook that was just added ahead of all others of its kind, so that it covers them. */
export function moveHookFirst(fastify: FastifyInstance, hook: (...args: never[]) => unknown): void {
  const key = symbolOf(fastify, 'fastify.hooks');
  if (key === undefined) return;
  // Fastify adds hooks once the plugins that were registered before have been loaded.
  fastify.after(() => {
    for (const instance of withChildren(fastify)) {
      const { onRequest } = (instance as unknown as Internals)[key] as { onRequest?: unknown };
      if (!Array.isArray(onRequest) || !onRequest.includes(hook)) continue;
      onRequest.unshift(...onRequest.splice(onRequest.indexOf(hook), 1));
    }
  });
}

/** Returns the servers that Fastify has besides `fastify.server`. */
export function secondaryServers(fastify: FastifyInstance): readonly AttachableServer[] {
  return listOf<AttachableServer>(fastify, 'fastify.serverBindings');
}

function withChildren(fastify: FastifyInstance): FastifyInstance[] {
  const children = listOf<FastifyInstance>(fastify, 'fastify.children');
  return [fastify, ...children.flatMap(withChildren)];
}

function listOf<T>(fastify: FastifyInstance, description: string): readonly T[] {
  const key = symbolOf(fastify, description);
  const value = key === undefined ? undefined : (fastify as unknown as Internals)[key];
  return Array.isArray(value) ? value : [];
}

/** Returns the symbol with a description that an instance has, or inherits from its parent instance. */
function symbolOf(fastify: FastifyInstance, description: string): symbol | undefined {
  for (let at: object | null = fastify; at !== null; at = Object.getPrototypeOf(at)) {
    const key = Object.getOwnPropertySymbols(at).find(
      (symbol) => symbol.description === description,
    );
    if (key !== undefined) return key;
  }
  return undefined;
}
