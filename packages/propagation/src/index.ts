export type { Getter, Setter } from './carrier/carrier-access.ts';
export type {
  OnSkip,
  PropagationOptions,
  SkipDetails,
  SkipReason,
} from './carrier/propagation-options.ts';
export {
  createPropagator,
  type Propagator,
  type RunOptions,
  type TaskId,
} from './carrier/propagator.ts';
