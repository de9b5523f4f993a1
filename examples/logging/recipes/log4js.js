import { escapeText, requestFields } from '@request-context/logging';
import log4js from 'log4js';

log4js.configure({
  appenders: {
    stdout: {
      type: 'stdout',
      layout: {
        type: 'pattern',
        pattern: '%p %c %x{requestId} | %m',
        tokens: { requestId: () => escapeText(requestFields().requestId ?? '-') },
      },
    },
  },
  categories: { default: { appenders: ['stdout'], level: 'info' } },
});

export const logger = log4js.getLogger('shop');
