import { execFileSync } from 'node:child_process';
import { context } from '@request-context/core';
import { requestId } from '@request-context/fastify';
import { fastify, LogController } from 'fastify';
import pino10 from 'pino';
import pino8 from 'pino8';
import { describe, expect, it } from 'vitest';
import type { FieldOptions } from '../src/index.ts';
import { requestContextMixin } from '../src/pino.ts';
import { badOptions } from './support/bad-options.ts';
import { hostileValues } from './support/hostile-values.ts';
import { namedValues, values } from './support/values.ts';

/** Returns a logger that writes to `lines`. */
function logTo(lines: string[], pino: typeof pino10, options: pino10.LoggerOptions = {}) {
  const stream = { write: (line: string) => void lines.push(line) };
  const defaults = { mixin: requestContextMixin(), base: null, timestamp: false };
  return pino({ ...defaults, ...options }, stream);
}

describe.each([
  ['pino 8.16', pino8 as unknown as typeof pino10],
  ['pino 10', pino10],
])('%s', (_name, pino) => {
  function written(
    log: (logger: pino10.Logger) => void,
    options?: pino10.LoggerOptions,
  ): { line: string; fields: Record<string, unknown> } {
    const lines: string[] = [];
    const logger = logTo(lines, pino, options);
    context.run(values, () => log(logger));
    expect(lines).toHaveLength(1);
    const line = String(lines[0]);
    return { line, fields: JSON.parse(line) };
  }

  it('add the id, and nothing else of the context', () => {
    const { fields } = written((logger) => logger.info('saved'));
    expect(fields).toEqual({ level: 30, requestId: 'myid', msg: 'saved' });
  });

  it('add nothing outside requests', () => {
    const lines: string[] = [];
    logTo(lines, pino).info({ order: 7 }, 'started');
    expect(lines).toEqual(['{"level":30,"order":7,"msg":"started"}\n']);
  });

  it.each(namedValues)('add %s', (_what, options, added) => {
    const mixin = requestContextMixin(options);
    const { fields } = written((logger) => logger.info('saved'), { mixin });
    expect(fields).toEqual({ level: 30, ...added, msg: 'saved' });
  });

  it.each<[string, (logger: pino10.Logger) => void, pino10.LoggerOptions?]>([
    ['the log call', (logger) => logger.info({ requestId: 'own' }, 'saved')],
    ['a child', (logger) => logger.child({ requestId: 'own' }).info('saved')],
    ['a child of a child', (logger) => logger.child({ requestId: 'own' }).child({}).info('saved')],
    ['base', (logger) => logger.info('saved'), { base: { requestId: 'own' } }],
    [
      'setBindings',
      (logger) => {
        const child = logger.child({});
        child.setBindings({ requestId: 'own' });
        child.info('saved');
      },
    ],
    [
      'a child whose log call has it too',
      (logger) => logger.child({ requestId: 'other' }).info({ requestId: 'own' }, 'saved'),
    ],
  ])('keep a field that the user sets in %s', (_whose, log, options) => {
    const { line, fields } = written(log, options);
    expect(fields).toMatchObject({ requestId: 'own', msg: 'saved' });
    expect(line).not.toContain('myid');
  });

  describe('a field of the same name', () => {
    const getter = (value: unknown): object => {
      let reads = 0;
      return Object.defineProperty({}, 'requestId', {
        enumerable: true,
        get: () => (reads++ === 0 ? value : 'read again'),
      });
    };
    const logUndefined = (logger: pino10.Logger): void => {
      logger.info({ requestId: undefined }, 'saved');
    };
    it.each<[string, unknown, (logger: pino10.Logger) => void, pino10.LoggerOptions?]>([
      [
        'set to undefined',
        'myid',
        (logger) => logger.info({ requestId: undefined, a: 1 }, 'saved'),
      ],
      ['set to null', null, (logger) => logger.info({ requestId: null }, 'saved')],
      ['set to an empty string', '', (logger) => logger.info({ requestId: '' }, 'saved')],
      [
        'set to undefined on a frozen object',
        'myid',
        (logger) => logger.info(Object.freeze({ requestId: undefined }), 'saved'),
      ],
      [
        'a getter that returns undefined',
        'myid',
        (logger) => logger.info(getter(undefined), 'saved'),
      ],
      ['a getter that returns a value', 'own', (logger) => logger.info(getter('own'), 'saved')],
      [
        'set to undefined on an error',
        'myid',
        (logger) => logger.info(Object.assign(new Error('saved'), { requestId: undefined })),
      ],
      [
        'set to undefined in a child',
        'myid',
        (logger) => logger.child({ requestId: undefined }).info('saved'),
      ],
      ['set to null in a child', null, (logger) => logger.child({ requestId: null }).info('saved')],
      [
        'set to undefined in the log call of a child that has a value',
        'own',
        (logger) => logger.child({ requestId: 'own' }).info({ requestId: undefined }, 'saved'),
      ],
      [
        'set to undefined in base',
        'myid',
        (logger) => logger.info('saved'),
        { base: { requestId: undefined } },
      ],
      [
        'set to undefined, with a serializer',
        'id myid',
        logUndefined,
        { serializers: { requestId: (id: unknown) => `id ${id}` } },
      ],
      [
        'set to undefined, with formatters.log',
        'myid',
        logUndefined,
        { formatters: { log: (fields) => ({ ...fields }) } },
      ],
      ['set to undefined, with redact', '[Redacted]', logUndefined, { redact: ['requestId'] }],
      [
        'set to undefined, with a merge strategy by which the mixin wins',
        'myid',
        logUndefined,
        { mixinMergeStrategy: (logged, mixin) => ({ ...logged, ...mixin }) },
      ],
      [
        'set to undefined, with a merge strategy that assigns',
        'myid',
        logUndefined,
        { mixinMergeStrategy: (logged, mixin) => Object.assign(mixin, logged) },
      ],
    ])('count unless its value is undefined: %s', (_what, expected, log, options) => {
      const { line, fields } = written(log, options);
      expect(fields.requestId).toBe(expected);
      expect(line.split('"requestId"')).toHaveLength(2);
    });

    it('not count under nestedKey if its value is undefined', () => {
      const { fields } = written((logger) => logger.info({ requestId: undefined, a: 1 }, 'saved'), {
        nestedKey: 'payload',
      });
      expect(fields.payload).toEqual({ requestId: 'myid', a: 1 });
    });

    it('stay unchanged on the logged object', () => {
      const logged = { requestId: undefined, a: 1 };
      written((logger) => logger.info(logged, 'saved'));
      expect(Object.getOwnPropertyDescriptors(logged)).toEqual(
        Object.getOwnPropertyDescriptors({ requestId: undefined, a: 1 }),
      );
    });
  });

  it.each(hostileValues)('write the line when the context holds %s', (_what, make) => {
    const lines: string[] = [];
    const logger = logTo(lines, pino, {
      mixin: requestContextMixin({ keys: ['requestId', 'tenant'] }),
    });
    context.run({ requestId: 'myid', tenant: make() }, () => logger.info('saved'));
    expect(lines).toHaveLength(1);
    expect(JSON.parse(String(lines[0]))).toMatchObject({ requestId: 'myid', msg: 'saved' });
  });

  it('see bindings that are set between two lines', () => {
    const lines: string[] = [];
    const child = logTo(lines, pino).child({ step: 1 });
    context.run(values, () => {
      child.info('first');
      child.setBindings({ requestId: 'own' });
      child.info('second');
    });
    const ids = lines.map((line) => JSON.parse(line).requestId);
    expect(ids).toEqual(['myid', 'own']);
    expect(lines[1]).not.toContain('myid');
  });

  it("distinguish a child's field from nested fields and from text", () => {
    const { fields } = written((logger) => {
      logger.child({ req: { requestId: 'inner' }, note: ',"requestId":"text"' }).info('saved');
    });
    expect(fields).toMatchObject({ requestId: 'myid', req: { requestId: 'inner' } });
  });

  it('add the id to a child with a name that pino does not escape', () => {
    const lines: string[] = [];
    const child = logTo(lines, pino).child({ 'a"b': 1 });
    context.run(values, () => child.info('saved'));
    expect(lines[0]).toContain('"requestId":"myid"');
  });

  it('write one JSON object per line, whatever the values hold', () => {
    const lines: string[] = [];
    const mixin = requestContextMixin({ keys: ['requestId', 'tenant'] });
    const logger = logTo(lines, pino, { mixin });
    const tenant = '"}\n{"level":60,"msg":"forged"}\u2028';
    context.run({ requestId: 'a" b', tenant }, () => logger.info('saved'));
    expect(lines.join('').split('\n')).toHaveLength(2);
    expect(JSON.parse(String(lines[0]))).toMatchObject({ requestId: 'a" b', tenant, msg: 'saved' });
  });

  it('leave the error, the message and the level as they are without it', () => {
    const error = new Error('declined');
    const { fields } = written((logger) => logger.warn(error));
    const { fields: without } = written((logger) => logger.warn(error), { mixin: () => ({}) });
    expect(fields).toEqual({ ...without, requestId: 'myid' });
  });
});

it("add the id once to each line of Fastify's logger, if both use one label", async () => {
  const lines: string[] = [];
  const stream = { write: (line: string) => void lines.push(line) };
  const app = fastify({
    logger: { mixin: requestContextMixin(), stream },
    logController: new LogController({ requestIdLogLabel: 'requestId' }),
  });
  app.register(requestId);
  app.get('/', async (request) => {
    request.log.info('saved');
    app.log.info('mail sent');
    return 'hello';
  });
  await app.inject({ url: '/', headers: { 'X-Request-ID': 'myid' } });
  await app.close();
  expect(lines).toHaveLength(4);
  for (const line of lines) expect(line.split('"requestId":"myid"')).toHaveLength(2);
});

it.each(badOptions)('throw for %s', (_problem, options, option) => {
  expect(() => requestContextMixin(options as FieldOptions)).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_OPTION', option }),
  );
});

it('allocate one object per line, like a hand-written mixin', () => {
  // The young generation holds them all: nothing is collected, and heapUsed grows by what is allocated.
  const program = `
    import { context } from '@request-context/core';
    import { requestContextMixin } from '@request-context/logging/pino';
    import pino from 'pino';
    const logger = pino({ enabled: false }).child({ name: 'shop' });
    const mixin = requestContextMixin();
    const byHand = () => ({ requestId: context.get('requestId') });
    const logged = {};
    function bytes(fn) {
      for (let i = 0; i < 20000; i++) globalThis.kept = fn(logged, 30, logger);
      const before = process.memoryUsage().heapUsed;
      for (let i = 0; i < 100000; i++) globalThis.kept = fn(logged, 30, logger);
      return (process.memoryUsage().heapUsed - before) / 100000;
    }
    context.run({ requestId: 'myid' }, () => {
      console.log(JSON.stringify([bytes(byHand), bytes(mixin)]));
    });`;
  const options = [
    '--max-semi-space-size=256',
    '--min-semi-space-size=256',
    // On a busy machine, another thread may take longer to optimize the functions than they are measured.
    '--no-concurrent-recompilation',
    '--input-type=module',
  ];
  const output = execFileSync(process.execPath, [...options, '-e', program], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  });
  const [byHand, mixin] = JSON.parse(output);
  // An object has three words and its slots: one by hand, four if it starts out empty. An array would add 40.
  expect(byHand).toBeGreaterThanOrEqual(32);
  expect(mixin).toBeLessThan(80);
});
