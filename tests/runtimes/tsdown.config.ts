import { defineConfig, type UserConfig } from 'tsdown';

const common: UserConfig = { format: 'esm', dts: false, sourcemap: false };

// Node 20 cannot run TypeScript.
const configs: UserConfig[] = defineConfig([
  // Builds each module to a separate file, so that adapters load one by one.
  { ...common, entry: 'src/**/*.ts', unbundle: true },
  { ...common, entry: '../../packages/core/test/scenarios/core-scenarios.ts', clean: false },
]);

export default configs;
