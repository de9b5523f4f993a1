import type { HttpScenario } from '../types.ts';
import { expressScenarios } from './native-express.ts';

export const nativeScenarios: readonly HttpScenario[] = [...expressScenarios];
