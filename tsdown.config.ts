import { defineConfig, type UserConfig } from 'tsdown';

// Every package is built alike: ESM and CommonJS, each with its own types.
const config: UserConfig = defineConfig({
  workspace: 'packages/*',
  entry: 'src/index.ts',
  format: ['esm', 'cjs'],
  target: 'node20.19',
  platform: 'node',
  fixedExtension: false,
  dts: { oxc: true },
  sourcemap: true,
});

export default config;
