import { defineConfig, type UserConfig } from 'tsdown';

// Node 20 runs no TypeScript. Every module keeps a file of its own, so that adapters load one by one.
const config: UserConfig = defineConfig({
  entry: 'src/**/*.ts',
  format: 'esm',
  unbundle: true,
  dts: false,
  sourcemap: false,
});

export default config;
