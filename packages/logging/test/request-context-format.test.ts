import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { context } from '@request-context/core';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type * as newest from 'winston';
import type winston3 from 'winston';
import type { FieldOptions } from '../src/index.ts';
import type * as entry from '../src/request-context-format.ts';
import { badOptions } from './support/bad-options.ts';
import { keep, type Line, message } from './support/keep.ts';
import { until } from './support/until.ts';
import { values } from './support/values.ts';

const captured = 'request-context';

describe.each([
  ['winston 3.10', () => import('winston310') as unknown as Promise<typeof newest>],
  ['winston 3', () => import('winston')],
])('%s', (_name, load) => {
  let winston: typeof winston3;
  let requestContextFormat: typeof entry.requestContextFormat;

  beforeAll(async () => {
    vi.resetModules();
    vi.doMock('winston', load);
    ({ default: winston } = await load());
    ({ requestContextFormat } = await import('../src/request-context-format.ts'));
    return () => vi.doUnmock('winston');
  });

  function written(
    log: (logger: winston3.Logger) => void,
    options: winston3.LoggerOptions = {},
  ): Line[] {
    const { combine, json } = winston.format;
    const lines: Line[] = [];
    const format = combine(requestContextFormat(), json());
    const logger = winston.createLogger({ format, transports: keep(lines), ...options });
    context.run(values, () => log(logger));
    return lines.map((line) => JSON.parse(String(line[message])));
  }

  it('adds the id, and nothing else of the context', () => {
    expect(written((logger) => logger.info('saved'))).toEqual([
      { level: 'info', message: 'saved', requestId: 'myid' },
    ]);
  });

  it('adds nothing outside of requests', () => {
    const lines: Line[] = [];
    const format = winston.format.combine(requestContextFormat(), winston.format.json());
    winston.createLogger({ format, transports: keep(lines) }).info('started', { order: 7 });
    expect(lines[0]?.[message]).toBe('{"level":"info","message":"started","order":7}');
  });

  it.each<[string, FieldOptions, object]>([
    ['more values', { keys: ['requestId', 'tenant'] }, { requestId: 'myid', tenant: 'acme' }],
    ['other names', { keys: { requestId: 'http.request.id' } }, { 'http.request.id': 'myid' }],
  ])('adds %s', (_what, options, added) => {
    const format = winston.format.combine(requestContextFormat(options), winston.format.json());
    expect(written((logger) => logger.info('saved'), { format })).toEqual([
      { level: 'info', message: 'saved', ...added },
    ]);
  });

  it.each<[string, (logger: winston3.Logger) => void, winston3.LoggerOptions?]>([
    ['the log call', (logger) => logger.info('saved', { requestId: 'own' })],
    ['an entry', (logger) => logger.log({ level: 'info', message: 'saved', requestId: 'own' })],
    ['a child', (logger) => logger.child({ requestId: 'own' }).info('saved')],
    ['defaultMeta', (logger) => logger.info('saved'), { defaultMeta: { requestId: 'own' } }],
  ])("leaves the user's own field alone: of %s", (_whose, log, options) => {
    expect(written(log, options)).toMatchObject([{ message: 'saved', requestId: 'own' }]);
  });

  it.each<[string, (logger: winston3.Logger) => void]>([
    ['a child', (logger) => logger.child({ name: 'shop' }).info('saved')],
    ['meta', (logger) => logger.info('saved', { order: 7 })],
    ['an entry', (logger) => logger.log({ level: 'info', message: 'saved' })],
    ['a profiler', (logger) => logger.startTimer().done({ message: 'saved' })],
    ['write', (logger) => logger.write({ level: 'info', message: 'saved' })],
  ])('adds the id to what is logged by %s', (_what, log) => {
    expect(written(log)).toMatchObject([{ message: 'saved', requestId: 'myid' }]);
  });

  it('leaves errors what they are to format.errors()', () => {
    const { combine, errors, json } = winston.format;
    const format = combine(errors({ stack: true }), requestContextFormat(), json());
    class Declined extends Error {
      readonly code = 'E_DECLINED';
    }
    const error = new Declined('declined');
    const lines = written((logger) => logger.error(error), { format });
    expect(lines).toEqual([
      {
        level: 'error',
        message: 'declined',
        stack: error.stack,
        code: 'E_DECLINED',
        requestId: 'myid',
      },
    ]);
    expect(Reflect.ownKeys(error).map(String).join()).not.toContain(captured);
  });

  it('logs one object in two requests with the id of each', async () => {
    const lines: Line[] = [];
    const logger = winston.createLogger({
      format: requestContextFormat(),
      transports: keep(lines, { isSlow: true }),
    });
    const cached = new Error('out of stock');
    const entry = { level: 'info', message: 'same' };
    for (const requestId of ['a', 'b', 'c']) {
      context.run({ requestId }, () => {
        logger.error(cached);
        logger.log(entry);
      });
    }
    logger.end();
    await once(logger, 'finish');
    await until(() => lines.length === 6);
    expect(lines.map(({ requestId }) => requestId)).toEqual(['a', 'a', 'b', 'b', 'c', 'c']);
  });

  it.each(['logger', 'transport', 'both'] as const)(
    'under back-pressure keeps the id of the log call: format of %s',
    async (level) => {
      const { combine, json } = winston.format;
      const lines: Line[] = [];
      const format = combine(requestContextFormat(), json());
      const transport = keep(lines, {
        isSlow: true,
        ...(level === 'logger' ? {} : { format }),
      });
      const logger = winston.createLogger({
        format: level === 'transport' ? json() : format,
        transports: [transport],
      });
      const child = logger.child({ name: 'shop' });
      const requests = Array.from({ length: 200 }, (_, n) => `id-${n}`);
      await Promise.all(
        requests.map((requestId) =>
          context.run({ requestId }, async () => {
            for (let n = 0; n < 10; n++) {
              logger.info('root', { sent: requestId });
              child.info('child', { sent: requestId });
              await turn();
            }
          }),
        ),
      );
      // Outside of requests, while those of requests still wait.
      for (let n = 0; n < 100; n++) logger.info('outside');
      await until(() => lines.length === 4100);
      const entries = lines.map((line) => JSON.parse(String(line[message])));
      expect(entries.filter(({ requestId, sent }) => requestId !== sent)).toEqual([]);
      expect(new Set(entries.map(({ sent }) => sent)).size).toBe(201);
    },
  );

  it('notes what the values were when the log call was made', async () => {
    const lines: Line[] = [];
    const logger = winston.createLogger({
      format: requestContextFormat({ keys: ['tenant'] }),
      transports: keep(lines, { isSlow: true }),
    });
    context.run(values, () => {
      for (let n = 0; n < 50; n++) {
        context.set('tenant', n);
        logger.info('saved', { n });
      }
    });
    await until(() => lines.length === 50);
    expect(lines.filter(({ n, tenant }) => n !== tenant)).toEqual([]);
  });

  it('keeps the note of a line that a transport passes on to another logger', async () => {
    const lines: Line[] = [];
    const format = requestContextFormat();
    const second = winston.createLogger({ format, transports: keep(lines) });
    const passOn = { push: (info: Line) => Number(second.write(info)) };
    const first = winston.createLogger({
      format: winston.format.json(),
      transports: keep(passOn, { isSlow: true }),
    });
    await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        context.run({ requestId: `id-${n}` }, async () => {
          first.info('once', { sent: `id-${n}` });
          await turn();
          first.info('twice', { sent: `id-${n}` });
        }),
      ),
    );
    await until(() => lines.length === 200);
    expect(lines.filter(({ requestId, sent }) => requestId !== sent)).toEqual([]);
  });

  it('changes nothing of a logger that does not use it', () => {
    const { json } = winston.format;
    const lines = written((logger) => logger.info('saved', { a: 1 }), { format: json() });
    expect(lines).toEqual([{ level: 'info', message: 'saved', a: 1 }]);
  });

  it('gives write once, however many formats are made', () => {
    requestContextFormat();
    const { write } = winston.Logger.prototype;
    requestContextFormat();
    expect(winston.Logger.prototype.write).toBe(write);
  });

  it('keeps a line of text one line, whatever the values hold', () => {
    const format = winston.format.combine(
      requestContextFormat({ keys: ['tenant'] }),
      winston.format.simple(),
    );
    const lines: Line[] = [];
    const logger = winston.createLogger({ format, transports: keep(lines) });
    context.run({ tenant: 'a\nerror: forged' }, () => logger.info('saved'));
    expect(lines[0]?.[message]).toBe('info: saved {"tenant":"a\\nerror: forged"}');
  });

  it.each(badOptions)('throws for %s', (_problem, options, option) => {
    expect(() => requestContextFormat(options as FieldOptions)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION', option }),
    );
  });
});
