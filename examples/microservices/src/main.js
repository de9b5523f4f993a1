// Starts the services, sends one order, and shows what all of them logged about it:
//
//   npm start
//   npm start -- myid      sends an id of yours
import { startChain } from './chain.js';

const [sentId] = process.argv.slice(2);
const chain = await startChain();
try {
  for (const problem of chain.missing) console.log(problem);
  const response = await fetch(`${chain.url}/orders/42`, {
    method: 'POST',
    headers: sentId === undefined ? {} : { 'X-Request-ID': sentId },
  });
  const id = response.headers.get('X-Request-ID');
  const lines = await chain.linesOf('42');
  const start = lines[0]?.time ?? 0;

  console.log(
    `\nPOST /orders/42 -> ${response.status} ${await response.text()}\nX-Request-ID: ${id}\n`,
  );
  for (const { time, service, requestId, msg } of lines) {
    const after = `+${time - start} ms`.padStart(8);
    console.log(`${after}  ${service.padEnd(9)} ${requestId ?? '-'}  ${msg}`);
  }
} finally {
  await chain.close();
}
