// The notices: a subscriber of NATS.
import { connect } from '@nats-io/transport-node';
import { withRequestContext } from '@request-context/propagation/nats';
import { createLogger } from './logger.js';
import { report } from './serve-service.js';

const { QUEUE = '', NATS_URL = '' } = process.env;
const logger = createLogger('notices');
const nats = await connect({ servers: NATS_URL });

nats.subscribe(QUEUE, {
  callback: withRequestContext((error, message) => {
    if (error) throw error;
    logger.info(message.json(), 'customer notified');
  }),
});
await nats.flush();

report('', () => nats.close());
