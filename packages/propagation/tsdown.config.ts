import { defineConfig, type UserConfig } from 'tsdown';

// One entry for each client, so that none needs another's package.
const config: UserConfig = defineConfig({
  entry: {
    index: 'src/index.ts',
    amqplib: 'src/amqplib.ts',
    axios: 'src/axios.ts',
    bullmq: 'src/bullmq.ts',
    fetch: 'src/fetch.ts',
    http: 'src/http.ts',
    kafka: 'src/kafka.ts',
    nats: 'src/nats.ts',
    undici: 'src/undici.ts',
    'worker-threads': 'src/worker-threads.ts',
  },
});

export default config;
