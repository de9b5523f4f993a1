import { once } from 'node:events';
import { connect } from 'node:net';

/** A server that clients are tested against. */
export interface Service {
  readonly title: string;
  /** Its address. */
  readonly url: string;
  /** The environment variable that overrides the address. */
  readonly variable: string;
  /** A command that starts one. */
  readonly start: string;
  /** Whether a run without it only skips the tests of its clients. @default false */
  readonly isOptional?: boolean;
}

export type ServiceName = 'postgresql' | 'mysql' | 'redis' | 'rabbitmq' | 'nats' | 'kafka' | 'mqtt';

export const services: Readonly<Record<ServiceName, Service>> = {
  postgresql: service({
    title: 'PostgreSQL',
    url: 'postgres://postgres@127.0.0.1:5432/test',
    variable: 'POSTGRESQL_URL',
    start: 'pg_ctlcluster $(ls /etc/postgresql) main start',
  }),
  mysql: service({
    title: 'MariaDB or MySQL',
    url: 'mysql://root@127.0.0.1:3306/test',
    variable: 'MYSQL_URL',
    start: 'mariadbd-safe',
  }),
  redis: service({
    title: 'Redis',
    url: 'redis://127.0.0.1:6379',
    variable: 'REDIS_URL',
    start: 'redis-server --save ""',
  }),
  rabbitmq: service({
    title: 'RabbitMQ',
    url: 'amqp://guest:guest@127.0.0.1:5672',
    variable: 'RABBITMQ_URL',
    start: 'rabbitmq-server -detached',
  }),
  nats: service({
    title: 'NATS',
    url: 'nats://127.0.0.1:4222',
    variable: 'NATS_URL',
    start: 'nats-server -js',
  }),
  kafka: service({
    title: 'Kafka',
    url: 'kafka://127.0.0.1:9092',
    variable: 'KAFKA_URL',
    start: 'the tests start one where they find librdkafka1 and python3',
    // The clients' encoders are tested without.
    isOptional: true,
  }),
  mqtt: service({
    title: 'Mosquitto, or another broker of MQTT 5',
    url: 'mqtt://127.0.0.1:1883',
    variable: 'MQTT_URL',
    start: 'mosquitto',
  }),
};

function service(defaults: Service): Service {
  return {
    ...defaults,
    // Read late: the set-up of the tests starts a broker, and sets its variable.
    get url() {
      return process.env[defaults.variable] ?? defaults.url;
    },
  };
}

/** Returns a message that a service is missing, with how to start it. */
export function absence({ title, url, variable, start }: Service): string {
  const { host } = new URL(url);
  return `${title} does not respond at ${host}. Start it (${start}), or set ${variable}.`;
}

/** Returns the services that accept no connection. */
export async function findAbsent(): Promise<ServiceName[]> {
  const names = Object.keys(services) as ServiceName[];
  const present = await Promise.all(names.map((name) => accepts(new URL(services[name].url))));
  return names.filter((_, index) => !present[index]);
}

async function accepts({ hostname, port }: URL): Promise<boolean> {
  const socket = connect({ host: hostname, port: Number(port) });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(3_000) });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
