import { createApp } from './create-app.js';
import { listen } from './listen.js';
import { accessLog, logger } from './logger.js';

listen(createApp(logger, accessLog), logger, 3004);
