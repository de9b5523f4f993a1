import { defineConfig, type ViteUserConfig } from 'vitest/config';
import base from './vitest.config.ts';

// Thousands of connections at once: takes a minute or two, and a machine that has them to spare.
const config: ViteUserConfig = defineConfig({
  resolve: base.resolve ?? {},
  test: {
    include: ['test/load/**/*.load.ts'],
    testTimeout: 60_000,
    fileParallelism: false,
    silent: 'passed-only',
  },
});

export default config;
