import { outboundVariants } from './outbound-variants.js';

export const title = 'An outbound call by fetch';

export const variants = outboundVariants(async (url, headers) =>
  (await fetch(url, { headers })).text(),
);
