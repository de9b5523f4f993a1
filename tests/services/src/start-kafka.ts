import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const program = new URL('../kafka-broker.py', import.meta.url).pathname;

/**
 * Starts a broker of Kafka, unless `KAFKA_URL` names one: no machine has one running. As root, installs what it needs.
 * Where that fails, the tests of Kafka's clients are skipped. Returns what stops the broker.
 */
export default async function startKafka(): Promise<(() => void) | undefined> {
  if (process.env.KAFKA_URL !== undefined) return undefined;
  const broker = (await start()) ?? (installLibrary() ? await start() : undefined);
  if (broker === undefined) return undefined;
  process.env.KAFKA_URL = broker.url;
  return broker.stop;
}

/** Returns the URL of a new broker, and what stops it; undefined where it does not start. */
async function start(): Promise<{ url: string; stop: () => void } | undefined> {
  const child = spawn('python3', [program], { stdio: ['ignore', 'pipe', 'ignore'] });
  const failed = Promise.race([once(child, 'error'), once(child, 'close')]).then(
    () => undefined,
    () => undefined,
  );
  const line = once(createInterface({ input: child.stdout }), 'line');
  const url: string | undefined = await Promise.race([line.then(([text]) => text), failed]);
  return url === undefined ? undefined : { url, stop: () => void child.kill() };
}

/** Installs librdkafka. Returns whether that is done. */
function installLibrary(): boolean {
  if (process.getuid?.() !== 0) return false;
  try {
    execFileSync('apt-get', ['update'], { stdio: 'ignore' });
    const packages = ['librdkafka1', 'python3-minimal'];
    execFileSync('apt-get', ['install', '-y', '--no-install-recommends', ...packages], {
      stdio: 'inherit',
    });
    return true;
  } catch {
    return false;
  }
}
