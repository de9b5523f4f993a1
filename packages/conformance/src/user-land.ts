const undici =
  'undici reads and writes in the context in which the connection was opened, by another request';

/**
 * Scenarios that no adapter can pass, whatever the framework: code between the request and its
 * callback calls back from elsewhere, and nothing tells whom the callback belongs to. For each there
 * is a MUST beside it that shows how to bind it.
 */
export const userLand: Readonly<Record<string, string>> = {
  'flow-bluebird-plain':
    'Bluebird runs the callbacks of all promises in one go, in the context of whoever was first; its option asyncHooks or context.bind keeps them apart',
  'queues-pool-plain': 'the callback is called by the request that gives its place back',
  'queues-generic-pool-plain': 'the connection emits where its socket is read',
  'queues-p-queue-plain':
    'p-queue starts a job when another one is done, in its context (sindresorhus/p-queue#200)',
  'queues-fastq-plain': 'fastq starts a job when another one is done, in its context',
  'queues-fastq-promise-plain': 'fastq starts a job when another one is done, in its context',
  'queues-async-plain': 'async.queue starts a job when another one is done, in its context',
  'queues-bottleneck-plain': 'Bottleneck starts jobs where it was made or another one is done',
  'queues-batch-plain': 'the batch is worked off outside of any request',
  'queues-dataloader-shared-plain': 'one batch serves several requests',
  'emitters-shared-plain': 'a listener runs in the context of whoever emits',
  'emitters-query-plain': 'a listener runs in the context of whoever emits',
  'emitters-target-plain': 'a listener runs in the context of whoever dispatches the event',
  'emitters-feed-plain': 'a stream emits in the context of whoever pushes the data',
  'emitters-sink-plain': 'a stream emits in the context of whoever says that the data is written',
  'node-apis-shared-worker-plain': 'the worker is listened to outside of any request',
  'outbound-http-agent-replaced-plain':
    'the agent opens the connection where the one before was given up, and what is written before it is open is sent from there',
  'outbound-undici-body-plain': undici,
  'outbound-undici-stream-plain': undici,
  'outbound-undici-pipeline-plain': undici,
  'outbound-undici-upload-plain': undici,
  'native-express-session-store-plain':
    'the store calls back from the request that gives its place back; mount the adapter again behind it',
  'native-express-strategy-plain':
    'the callback is called by the request that gives its place back',
  'native-express-next-plain':
    'next is called by the request that gives its place back; mount the adapter again behind it',
  'native-koa-next-plain':
    'next is called by the request that gives its place back; bind it, or mount the adapter again behind it',
  'native-fastify-done-plain': 'done is called by the request that gives its place back; bind it',
};

/** What a middleware cannot reach, and attach(server) can. */
export const beforeMiddleware: Readonly<Record<string, string>> = {
  'on-finished-before':
    'on-finished runs a listener in the context that it was added in: before the middleware there was none; attach(server) covers it',
};
