import { instrumentOutbound } from '@request-context/propagation/http';
import { undiciInterceptor } from '@request-context/propagation/undici';
import * as undici7 from 'undici';
import * as undici5 from 'undici5';
import * as undici6 from 'undici6';
import * as undici8 from 'undici8';

const to = ['https://api.example.com'];
const interceptor = undiciInterceptor({ to });

// The types of each copy of undici differ.
instrumentOutbound({ to, undici: [undici5, undici6, undici7, undici8] });
instrumentOutbound({ to, undici: [undici5.default, undici6.default] });
new undici6.Agent().compose(interceptor, undici6.interceptors.redirect({ maxRedirections: 1 }));
new undici7.Pool('https://api.example.com').compose([undici7.interceptors.retry(), interceptor]);
new undici8.Agent().compose(interceptor);
new undici5.Pool('https://api.example.com', { interceptors: { Pool: [interceptor] } } as object);
undici6.setGlobalDispatcher(new undici6.Agent().compose(interceptor));
