import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  resolve: {
    // The packages' tests run on their sources; examples and packed tarballs on what was built.
    alias: [
      {
        find: /^@request-context\/([^/]+)$/,
        replacement: `${import.meta.dirname}/packages/$1/src/index.ts`,
      },
      {
        find: /^@request-context\/([^/]+)\/adapter$/,
        replacement: `${import.meta.dirname}/packages/$1/src/adapter.ts`,
      },
    ],
  },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'examples/*/test/**/*.test.js', 'test/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'test/packages/**'],
    testTimeout: 30_000,
    // Tests wait more than they compute.
    maxWorkers: '100%',
    // Frameworks write the errors that are thrown on purpose to stderr.
    silent: 'passed-only',
  },
});

export default config;
