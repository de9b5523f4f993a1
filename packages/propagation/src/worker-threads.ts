export type { PropagationOptions } from './carrier/propagation-options.ts';
export type { MessageOptions } from './message/messaging.ts';
export {
  type ChildEnvOptions,
  type ContextFromEnvOptions,
  childEnv,
  contextFromEnv,
} from './threads/child-env.ts';
export {
  type EmitterPort,
  onMessage,
  type TargetPort,
} from './threads/on-message.ts';
export { type WrappedMessage, wrapMessage } from './threads/wrap-message.ts';
