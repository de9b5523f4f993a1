import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const broker = new URL('../kafka-broker.py', import.meta.url).pathname;

/**
 * Starts a broker of Kafka, unless `KAFKA_URL` names one: no machine has one running. As root, installs what it needs.
 * Where that fails, the tests of Kafka's clients are skipped. Returns what stops the broker.
 */
export default async function startKafka(): Promise<(() => void) | undefined> {
  if (process.env.KAFKA_URL !== undefined) return undefined;
  const url = (await start()) ?? (installLibrary() ? await start() : undefined);
  if (url === undefined) return undefined;
  process.env.KAFKA_URL = url.address;
  return url.stop;
}

/** Returns the address of a new broker, and what stops it; undefined where it does not start. */
async function start(): Promise<{ address: string; stop: () => void } | undefined> {
  const child = spawn('python3', [broker], { stdio: ['ignore', 'pipe', 'ignore'] });
  const failed = Promise.race([once(child, 'error'), once(child, 'close')]).then(
    () => undefined,
    () => undefined,
  );
  const line = once(createInterface({ input: child.stdout }), 'line');
  const address: string | undefined = await Promise.race([line.then(([line]) => line), failed]);
  return address === undefined ? undefined : { address, stop: () => void child.kill() };
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
