import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: { include: ['service-tests/test/**/*.test.ts'], testTimeout: 60_000 },
  resolve: {
    alias: [
      {
        find: /^@request-context\/([^/]+)$/,
        replacement: `${import.meta.dirname}/packages/$1/src/index.ts`,
      },
    ],
  },
});

export default config;
