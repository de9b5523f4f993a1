import { availableParallelism } from 'node:os';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** Resolves packages to their sources. Examples and packed tarballs use the build. */
const resolve = {
  alias: [
    {
      find: /^@request-context\/([^/]+)$/,
      replacement: `${import.meta.dirname}/packages/$1/src/index.ts`,
    },
    {
      find: /^@request-context\/([^/]+)\/([^/]+)$/,
      replacement: `${import.meta.dirname}/packages/$1/src/$2.ts`,
    },
  ],
};

// `npm test` runs the project `default`; each of the others has its own script.
const config: ViteUserConfig = defineConfig({
  test: {
    // Tests wait for timers and child processes: one more than there are cores keeps them busy.
    maxWorkers: availableParallelism() + 1,
    // A thread starts a file in two thirds of the CPU time of a process.
    pool: 'threads',
    // Only a test that is far slower than it should be is worth a line.
    slowTestThreshold: 10_000,
    // Frameworks write errors that tests throw on purpose to stderr.
    silent: 'passed-only',
    projects: [
      {
        resolve,
        test: {
          name: 'default',
          include: [
            'packages/*/test/**/*.test.ts',
            'examples/*/test/**/*.test.js',
            'tests/project/*.test.ts',
            'tests/runtimes/test/*.test.ts',
            'tests/stress/fuzz/*.test.ts',
          ],
          testTimeout: 30_000,
        },
      },
      {
        // Packs the packages and installs them as a user would: needs the registry and the build.
        test: {
          name: 'packages',
          include: ['tests/packages/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        // The clients of databases, caches and brokers, over real connections.
        resolve,
        test: {
          name: 'services',
          include: ['tests/services/test/**/*.test.ts'],
          globalSetup: [
            'tests/services/src/start-kafka.ts',
            'tests/services/src/require-services.ts',
          ],
          testTimeout: 60_000,
        },
      },
      {
        // What scripts in a real browser can read: needs Chromium.
        resolve,
        test: {
          name: 'browser',
          include: ['tests/browser/**/*.browser.ts'],
          globalSetup: 'tests/browser/require-chromium.ts',
          testTimeout: 30_000,
        },
      },
      {
        // Thousands of connections at once: takes a minute or two, and as many file descriptors.
        resolve,
        test: { name: 'load', include: ['tests/stress/load/**/*.load.ts'], testTimeout: 60_000 },
      },
    ],
  },
});

export default config;
