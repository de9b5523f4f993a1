// Serves one variant of one framework: node server.js <framework> <variant>
import { loadFramework } from './variants.js';

const [framework = '', variant = ''] = process.argv.slice(2);
const { variants } = await loadFramework(framework);
const server = await variants[variant]?.();
const address = server?.address();
if (address == null || typeof address === 'string') {
  throw new Error(`${framework} has no variant ${variant} that listens on a port`);
}

process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.(user + system);
});
process.send?.(`http://127.0.0.1:${address.port}/`);
