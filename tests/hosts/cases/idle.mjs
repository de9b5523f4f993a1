// 1,500 idle responses (server-sent events) cost almost nothing: compares wake-ups and CPU time over three seconds.
// Argument: how the library is mounted.
import http from 'node:http';
import { atMost, finish, mount, portOf, same, sleep, variant } from './support/case.mjs';

const [how = ''] = variant;
const count = 1500;
const server = await mount(how, (_req, res) => {
  res.writeHead(200, { 'Content-Type': 'text/event-stream' });
  res.write('data: 1\n\n');
});
const agent = new http.Agent({ maxSockets: Number.POSITIVE_INFINITY });
const target = { host: '127.0.0.1', port: portOf(server), agent };
const open = () =>
  new Promise((resolve, reject) => {
    const request = http.get(target, (response) => response.once('data', () => resolve(true)));
    request.on('error', reject);
  });
const opened = await Promise.all(Array.from({ length: count }, open));
same('open responses', opened.length);
await sleep(1500);
const cpu = process.cpuUsage();
const wakesBefore = process.resourceUsage().voluntaryContextSwitches;
await sleep(3000);
const { user, system } = process.cpuUsage(cpu);
const wakes = process.resourceUsage().voluntaryContextSwitches - wakesBefore;
const milliseconds = Math.round((user + system) / 1000);
// One of the two suffices: garbage collection adds CPU time, and Node's own ticks add wake-ups.
atMost('wake-ups and milliseconds of CPU in three seconds', [wakes, milliseconds], [12, 3]);
finish();
