// Not by name: declaration merging with an adapter's name reaches ContextValues through `export *` alone.
export * from '@request-context/core';
export {
  type AttachableServer,
  attach,
  type FailedRequest,
  type OnError,
  onClientError,
  type ServerOptions,
} from '@request-context/node-http';
export { type RequestIdOptions, requestId } from './plugin.ts';
