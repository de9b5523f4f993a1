// Sends requests from a separate process, so that this work does not count as a server's.
import autocannon from 'autocannon';

/** Half of the requests carry an id, as behind a proxy. */
const requests = [{}, { headers: { 'X-Request-ID': '5f0c6c1e-3a43-4f0b-9a2e-6f3d1f3c0a77' } }];

process.on('message', async ({ url, amount }) => {
  let first = 0n;
  let last = 0n;
  // autocannon checks only every `sampleInt` milliseconds whether it is done, so the responses record the time.
  const run = /** @type {autocannon.Instance & Promise<autocannon.Result>} */ (
    /** @type {unknown} */ (autocannon({ url, amount, connections: 16, requests, sampleInt: 20 }))
  );
  run.on('start', () => {
    first = process.hrtime.bigint();
  });
  run.on('response', () => {
    last = process.hrtime.bigint();
  });
  // Never sleeps: waking it up would be the server's work, more of it the slower the server is.
  let isRunning = true;
  const stayAwake = () => {
    if (isRunning) setImmediate(stayAwake);
  };
  stayAwake();
  const result = await run;
  isRunning = false;
  const seconds = Number(last - first) / 1e9;
  const problems = result.errors + result.non2xx + Math.abs(amount - result['2xx']);
  process.send?.({ perSecond: amount / seconds, problems });
});
