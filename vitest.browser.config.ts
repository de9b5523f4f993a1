import { defineConfig, type ViteUserConfig } from 'vitest/config';
import base from './vitest.config.ts';

// What scripts in a real browser can read: needs Chromium.
const config: ViteUserConfig = defineConfig({
  resolve: base.resolve ?? {},
  test: {
    include: ['test/browser/**/*.browser.ts'],
    globalSetup: 'test/browser/require-chromium.ts',
    testTimeout: 30_000,
    silent: 'passed-only',
  },
});

export default config;
