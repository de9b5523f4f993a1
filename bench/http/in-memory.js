// Measures CPU microseconds for a request without a network, to compare single steps: the kernel's time varies by more
// than a step gains. node in-memory.js <framework> <variant> [system calls for each response]
import { fstatSync } from 'node:fs';
import { MemoryConnection, withId, withoutId } from '../support/memory-connection.js';
import { spreadOf } from '../support/statistics.js';
import { loadFramework } from './variants.js';

const [framework = '', variant = '', systemCalls = '0'] = process.argv.slice(2);
const connections = 16;
const rounds = 20;
/** Requests in a round. */
const amount = 4_000;
/** Requests before the first round. */
const warmUp = 40_000;

process.env.NODE_ENV = 'production';
const { variants } = await loadFramework(framework);
const server = await variants[variant]?.();
if (server === undefined) throw new Error(`${framework} has no variant ${variant}`);

function callSystem() {
  for (let left = Number(systemCalls); left > 0; left -= 1) fstatSync(1);
}

const clients = Array.from(
  { length: connections },
  () => new MemoryConnection([withoutId, withId], callSystem),
);
for (const client of clients) server.emit('connection', client);

/** Sends requests on all connections. @param {number} count */
const send = (count) => Promise.all(clients.map((client) => client.send(count / connections)));

await send(warmUp);
const samples = [];
for (let round = 0; round < rounds; round += 1) {
  const before = process.cpuUsage();
  await send(amount);
  const { user, system } = process.cpuUsage(before);
  samples.push((user + system) / amount);
}
const { median, low, high } = spreadOf(samples);
console.log(`${median.toFixed(2)} µs (${low.toFixed(2)} to ${high.toFixed(2)})`);
process.exit();
