export {
  type ChildEnvOptions,
  type ContextFromEnvOptions,
  childEnv,
  contextFromEnv,
} from './threads/child-env.ts';
export {
  type EmitterPort,
  type OnMessageOptions,
  onMessage,
  type TargetPort,
} from './threads/on-message.ts';
export { type WrappedMessage, wrapMessage } from './threads/wrap-message.ts';
