import { defineConfig, type UserConfig } from 'tsdown';

// Every package is built alike: ESM and CommonJS, each with its own types.
const config: UserConfig = defineConfig({
  // By default, tsdown leaves out what is below tests/.
  workspace: { include: ['packages/*', 'tests/runtimes'], exclude: ['**/node_modules/**'] },
  entry: 'src/{index,adapter}.ts',
  format: ['esm', 'cjs'],
  target: 'node20.19',
  platform: 'node',
  fixedExtension: false,
  dts: { oxc: true },
  sourcemap: true,
  outputOptions: {
    // Rolldown's helpers apart: in one of the entries, what entries share would have to require that
    // entry, and in CommonJS a circle has no exports yet.
    codeSplitting: { groups: [{ name: 'runtime', test: /rolldown\/runtime/ }] },
  },
});

export default config;
