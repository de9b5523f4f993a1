import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import fastifyMultipart5 from '@fastify/multipart';
import type { Client } from '@request-context/conformance/engine';
import { requestId as expressRequestId } from '@request-context/express';
import { requestId as fastifyRequestId } from '@request-context/fastify';
import busboy from 'busboy';
import fastifyMultipart4 from 'fastify4-multipart';
import multer from 'multer';
import type { FrameworkScenario } from '../framework-scenario.ts';
import { inFramework, probe } from './in-framework.ts';

const boundary = 'a-boundary';
const headers = { 'Content-Type': `multipart/form-data; boundary=${boundary}` };

/** A form with a field and a file that arrives in several packets. */
async function* form(): AsyncGenerator<string> {
  const part = `--${boundary}\r\nContent-Disposition: form-data; name=`;
  yield `${part}"field"\r\n\r\nvalue\r\n`;
  yield `${part}"file"; filename="file.txt"\r\nContent-Type: text/plain\r\n\r\n`;
  for (let n = 0; n < 4; n += 1) {
    await delay(2);
    yield 'x'.repeat(20_000);
  }
  yield `\r\n--${boundary}--\r\n`;
}

async function upload(client: Client): Promise<void> {
  const body = Readable.from(form());
  const response = await client.send('/', { method: 'POST', headers, body });
  assert.equal(response.status, 200, response.body);
}

/** Discards a file, and records the id at its start and end. */
const noting: multer.StorageEngine = {
  _handleFile(req, file, done) {
    const note = (label: string): void => probe(req, label);
    note('file');
    file.stream.on('data', () => note('data'));
    file.stream.on('end', () => {
      note('end');
      done(null, {});
    });
  },
  _removeFile: (_req, _file, done) => done(null),
};

export const uploadScenarios: readonly FrameworkScenario[] = [
  {
    id: 'uploads-busboy',
    title: 'keep the id in an upload by busboy',
    probes: ['field', 'file', 'data', 'end', 'close'],
    routes: {
      'POST /': (x) => {
        const res = x.takeOver();
        const parser = busboy({ headers: x.req.headers });
        parser.on('field', () => x.probe('field'));
        parser.on('file', (_name, file) => {
          x.probe('file');
          file.on('data', () => x.probe('data'));
          file.on('end', () => x.probe('end'));
        });
        parser.on('close', () => {
          x.probe('close');
          res.end();
        });
        x.req.pipe(parser);
      },
    },
    visit: upload,
  },
  inFramework({
    id: 'uploads-multer',
    title: 'keep the id in an upload by multer',
    probes: ['filter', 'file', 'data', 'end', 'handler'],
    express(express) {
      const app = express();
      const fileFilter: multer.Options['fileFilter'] = (req, _file, done) => {
        probe(req, 'filter');
        done(null, true);
      };
      app.use(expressRequestId());
      app.post('/', multer({ storage: noting, fileFilter }).single('file'), (req, res) => {
        probe(req, 'handler');
        res.send(req.body.field);
      });
      return app;
    },
    visit: upload,
  }),
  inFramework({
    id: 'uploads-fastify',
    title: 'keep the id in an upload by @fastify/multipart',
    probes: ['handler', 'file', 'data', 'end'],
    fastify(fastify) {
      const app = fastify();
      app.register(app.version.startsWith('4') ? (fastifyMultipart4 as never) : fastifyMultipart5);
      app.register(fastifyRequestId);
      app.post('/', async (request) => {
        const note = (label: string): void => probe(request.raw, label);
        note('handler');
        const file = await request.file();
        note('file');
        file?.file.on('data', () => note('data'));
        await file?.toBuffer();
        note('end');
        return 'ok';
      });
      return app;
    },
    visit: upload,
  }),
];
