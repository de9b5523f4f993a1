// The fuzzed server: a separate process, so that the test sees its end and its output.
import { getAdapter } from '../../kit/built-adapter.js';
import { importBuilt } from '../../kit/import-built.js';

const { context, getRequestId } = await importBuilt('core/dist/index.js');
const adapter = await getAdapter(process.argv[2]);

const { url } = await adapter.start(
  {
    'POST /': (/** @type {any} */ x) => {
      // Two log lines without any escaping. Ids must not be able to break them.
      const id = getRequestId();
      const rejected = context.get('rejectedRequestId', '-');
      process.stdout.write(
        `{"requestId":"${id}","rejected":"${rejected}"}\nrequestId=${id} rejected=${rejected}\n`,
      );
      const body = String(id);
      x.send({ body, headers: { 'Content-Length': String(body.length) } });
    },
  },
  {
    options: {
      inbound: ['X-Correlation-ID', 'traceparent', 'X-Amzn-Trace-Id', 'X-Cloud-Trace-Context'],
    },
  },
);
process.on('disconnect', () => process.exit());
process.send?.({ url });
