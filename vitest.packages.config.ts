import { defineConfig, type ViteUserConfig } from 'vitest/config';

// Packs the packages and installs them as a user would: needs the registry, and what was built.
const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/packages/**/*.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    silent: 'passed-only',
  },
});

export default config;
