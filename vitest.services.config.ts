import { defineConfig, type ViteUserConfig } from 'vitest/config';
import TallyReporter from './service-tests/src/tally-reporter.ts';
import base from './vitest.config.ts';

// The clients of databases, caches and brokers, over real connections.
const config: ViteUserConfig = defineConfig({
  resolve: base.resolve ?? {},
  test: {
    include: ['service-tests/test/**/*.test.ts'],
    globalSetup: 'service-tests/src/require-services.ts',
    reporters: ['default', new TallyReporter()],
    testTimeout: 60_000,
    silent: 'passed-only',
  },
});

export default config;
