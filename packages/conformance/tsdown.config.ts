import { defineConfig, type UserConfig } from 'tsdown';

const config: UserConfig = defineConfig({ entry: 'src/{index,engine,cli}.ts' });

export default config;
