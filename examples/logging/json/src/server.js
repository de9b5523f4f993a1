import { createApp } from '../../src/create-app.js';
import { listen } from '../../src/listen.js';
import { accessLog, logger } from './logger.js';

listen(createApp(logger, accessLog), logger, 3005);
