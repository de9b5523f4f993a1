import { defineConfig, type UserConfig } from 'tsdown';

// One entry for each logger, so that none needs another's package.
const config: UserConfig = defineConfig({
  entry: {
    index: 'src/index.ts',
    console: 'src/patch-console.ts',
    morgan: 'src/request-id-token.ts',
    pino: 'src/request-context-mixin.ts',
    winston: 'src/request-context-format.ts',
  },
});

export default config;
