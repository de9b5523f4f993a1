// Fastify on AWS Lambda: the response to a malformed URL. Arguments: Fastify's package, and the Lambda adapter.
import { finish, holds, isBare, loadLibrary, require, same, variant } from './support/case.mjs';

const [name = '', adapter = ''] = variant;
const library = await loadLibrary('fastify');
const app = require(name)();
if (!isBare) await app.register(library.requestId);
app.get('/', async () => 'ok');
await app.ready();
const adapt = require(adapter);
const event = {
  httpMethod: 'GET',
  path: '/%zz',
  rawPath: '/%zz',
  rawQueryString: '',
  headers: { 'x-request-id': 'myid', host: 'a' },
  requestContext: { http: { method: 'GET', path: '/%zz', sourceIp: '127.0.0.1' }, identity: {} },
  body: null,
  isBase64Encoded: false,
};
const response = await (adapt.default ?? adapt)(app)(event, {});
const { statusCode, headers, multiValueHeaders } = response;
same('status', statusCode);
holds('id', 'myid', headers?.['x-request-id'] ?? multiValueHeaders?.['x-request-id']?.[0]);
finish();
