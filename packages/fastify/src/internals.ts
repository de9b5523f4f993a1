import type { IncomingMessage } from 'node:http';
import type { AttachableServer } from '@request-context/node-http';
import type { FastifyInstance } from 'fastify';

/*
 * What Fastify has no public way for. It keeps these under symbols, which are found by their descriptions:
 * the same in Fastify 4.26 to 5. Where one is not found, the public way alone has its effect.
 */

type Internals = Record<symbol, unknown>;
type GenReqId = (raw: IncomingMessage) => string;

/**
 * Makes Fastify use `genReqId` for every request, whatever its `requestIdHeader` is, and whatever is given
 * to `setGenReqId`, in encapsulated plugins as well.
 */
export function useGenReqId(fastify: FastifyInstance, genReqId: GenReqId): void {
  fastify.setGenReqId(genReqId);
  // With requestIdHeader, Fastify 4's default, it puts a function around ours that prefers what the
  // client sent in that header, unchecked.
  const key = symbolOf(fastify, 'fastify.genReqId');
  if (key === undefined) return;
  for (const instance of withChildren(fastify)) {
    // Instances that are made later inherit it.
    Object.defineProperty(instance, key, {
      configurable: true,
      enumerable: true,
      get: () => genReqId,
      set: () => {},
    });
  }
}

/** Makes a hook that was just added the first of its kind: it covers those that were added before it. */
export function moveHookFirst(fastify: FastifyInstance, hook: (...args: never[]) => unknown): void {
  const key = symbolOf(fastify, 'fastify.hooks');
  if (key === undefined) return;
  // Fastify adds hooks when the plugins that were registered before are loaded.
  fastify.after(() => {
    for (const instance of withChildren(fastify)) {
      const { onRequest } = (instance as unknown as Internals)[key] as { onRequest?: unknown };
      if (!Array.isArray(onRequest) || !onRequest.includes(hook)) continue;
      onRequest.unshift(...onRequest.splice(onRequest.indexOf(hook), 1));
    }
  });
}

/** The servers that Fastify keeps beside `fastify.server`. */
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

/** The symbol with a description that an instance has, or inherits from the one it is encapsulated in. */
function symbolOf(fastify: FastifyInstance, description: string): symbol | undefined {
  for (let at: object | null = fastify; at !== null; at = Object.getPrototypeOf(at)) {
    const key = Object.getOwnPropertySymbols(at).find(
      (symbol) => symbol.description === description,
    );
    if (key !== undefined) return key;
  }
  return undefined;
}
