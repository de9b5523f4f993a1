import { defineConfig, type UserConfig } from 'tsdown';

// One entry for each logger, so that none needs another's package.
const config: UserConfig = defineConfig({
  entry: {
    index: 'src/index.ts',
    console: 'src/console.ts',
    morgan: 'src/morgan.ts',
    opentelemetry: 'src/opentelemetry.ts',
    pino: 'src/pino.ts',
    winston: 'src/winston.ts',
  },
});

export default config;
