import { defineConfig, type UserConfig } from 'tsdown';

// Every package is built alike: ESM and CommonJS, each with its own types.
const config: UserConfig = defineConfig({
  // Named, because tsdown leaves out folders below tests/ by default.
  workspace: { include: ['packages/*', 'tests/runtimes'], exclude: ['**/node_modules/**'] },
  entry: 'src/{index,adapter}.ts',
  format: ['esm', 'cjs'],
  target: 'node20.19',
  platform: 'node',
  fixedExtension: false,
  dts: { oxc: true },
  outputOptions: {
    // Keeps Rolldown's helpers apart. In one of the entries, chunks that entries share would have to require
    // that entry, and in CommonJS such a cycle sees no exports yet.
    codeSplitting: { groups: [{ name: 'runtime', test: /rolldown\/runtime/ }] },
  },
});

export default config;
