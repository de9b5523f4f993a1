import { Agent, get } from 'node:http';
import { outboundVariants } from './outbound-variants.js';

export const title = 'An outbound call by node:http';

const agent = new Agent({ keepAlive: true });

export const variants = outboundVariants(
  (url, headers) =>
    new Promise((resolve, reject) => {
      get(url, { agent, headers }, (incoming) => {
        let body = '';
        incoming.setEncoding('utf8');
        incoming.on('data', (chunk) => {
          body += chunk;
        });
        incoming.on('end', () => resolve(body));
      }).on('error', reject);
    }),
);
