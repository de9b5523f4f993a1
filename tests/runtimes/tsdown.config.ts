import { defineConfig, type UserConfig } from 'tsdown';

// Node 20 runs no TypeScript. Each module is built to its own file, so that adapters load one by one.
const config: UserConfig = defineConfig({
  entry: 'src/**/*.ts',
  format: 'esm',
  unbundle: true,
  dts: false,
  sourcemap: false,
});

export default config;
