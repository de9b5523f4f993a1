import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { context } from '@request-context/core';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type * as newest from 'winston';
import type winston3 from 'winston';
import type { FieldOptions } from '../src/index.ts';
import type * as entry from '../src/winston.ts';
import { badOptions } from './support/bad-options.ts';
import { freshWinston } from './support/fresh-winston.ts';
import { hostileValues } from './support/hostile-values.ts';
import { keep, type Line, message } from './support/keep.ts';
import { until } from './support/until.ts';
import { namedValues, values } from './support/values.ts';

const captured = 'request-context';
/** How winston writes hostile values; the others are left out. */
const shown: Readonly<Record<string, unknown>> = {
  'a BigInt': '7',
  'a BigInt in an object': { n: '7' },
  'a cyclic object': { self: '[Circular]' },
  'a revoked Proxy': '[unreadable]',
  'a getter that throws': '[unreadable]',
  'a toJSON() that throws': '[unreadable]',
};

describe.each([
  ['winston 3.10', 'winston310', () => import('winston310') as unknown as Promise<typeof newest>],
  ['winston 3', 'winston', () => import('winston')],
] as const)('%s', (_name, packageName, load) => {
  let winston: typeof winston3;
  let requestContextFormat: typeof entry.requestContextFormat;

  beforeAll(async () => {
    vi.resetModules();
    vi.doMock('winston', load);
    ({ default: winston } = await load());
    ({ requestContextFormat } = await import('../src/winston.ts'));
    return () => vi.doUnmock('winston');
  });

  function toJson(options?: FieldOptions): winston3.Logform.Format {
    return winston.format.combine(requestContextFormat(options), winston.format.json());
  }

  function written(
    log: (logger: winston3.Logger) => void,
    options: winston3.LoggerOptions = {},
  ): Line[] {
    const lines: Line[] = [];
    const logger = winston.createLogger({
      format: toJson(),
      transports: keep(lines),
      ...options,
    });
    context.run(values, () => log(logger));
    return lines.map((line) => JSON.parse(String(line[message])));
  }

  /** Returns a logger, and the lines that its transport receives. */
  function keeping(
    format: winston3.Logform.Format,
    options: { isSlow?: boolean } = {},
  ): { logger: winston3.Logger; lines: Line[] } {
    const lines: Line[] = [];
    return { logger: winston.createLogger({ format, transports: keep(lines, options) }), lines };
  }

  it('add the id, and nothing else of the context', () => {
    expect(written((logger) => logger.info('saved'))).toEqual([
      { level: 'info', message: 'saved', requestId: 'myid' },
    ]);
  });

  it('add nothing outside requests', () => {
    const { logger, lines } = keeping(toJson());
    logger.info('started', { order: 7 });
    expect(lines[0]?.[message]).toBe('{"level":"info","message":"started","order":7}');
  });

  it.each(namedValues)('add %s', (_what, options, added) => {
    expect(written((logger) => logger.info('saved'), { format: toJson(options) })).toEqual([
      { level: 'info', message: 'saved', ...added },
    ]);
  });

  it.each<[string, (logger: winston3.Logger) => void]>([
    ['a child', (logger) => logger.child({ name: 'shop' }).info('saved')],
    ['meta', (logger) => logger.info('saved', { order: 7 })],
    ['an entry', (logger) => logger.log({ level: 'info', message: 'saved' })],
    ['a profiler', (logger) => logger.startTimer().done({ message: 'saved' })],
    ['write', (logger) => logger.write({ level: 'info', message: 'saved' })],
    [
      'profile',
      (logger) => {
        logger.profile('saved');
        logger.profile('saved', { level: 'info' });
      },
    ],
    ['a child of a child', (logger) => logger.child({ a: 1 }).child({ b: 2 }).info('saved')],
    ['an object that inherits from it', (logger) => Object.create(logger).info('saved')],
  ])('add the id to what is logged by %s', (_what, log) => {
    expect(written(log)).toMatchObject([{ message: 'saved', requestId: 'myid' }]);
  });

  it('add the id to what an exception handler logs', () => {
    const [line, ...more] = written((logger) => {
      const transport = Object.assign(logger.transports[0] as object, { handleExceptions: true });
      expect(transport).toHaveProperty('handleExceptions', true);
      const info = logger.exceptions.getAllInfo(new Error('thrown'));
      logger.log({ ...info, level: 'error' } as never);
    });
    expect(line).toMatchObject({ exception: true, requestId: 'myid' });
    expect(more).toEqual([]);
  });

  it('leave errors as format.errors() expects them', () => {
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

  class Coded extends Error {
    readonly #code = 'E_CARD';
    get code(): string {
      return this.#code;
    }
    describe(): string {
      return `${this.#code}: ${this.message}`;
    }
  }
  class Jsonable extends Error {
    readonly #order = 7;
    toJSON(): object {
      return { ...this, message: this.message, order: this.#order };
    }
  }
  class Paid {
    readonly #total = 5;
    get message(): string {
      return `paid ${this.#total}`;
    }
    toJSON(): object {
      return { ...this, message: this.message };
    }
  }
  const domException = (): DOMException => new DOMException('timed out', 'TimeoutError');

  describe.each<[string, () => object]>([
    ['an error with private state', () => new Coded('declined')],
    ['an error with toJSON()', () => new Jsonable('declined')],
    ['an object of a class', () => new Paid()],
    ['a DOMException', domException],
    ['an error with a cause', () => new Error('declined', { cause: new Error('limit') })],
    ['a plain object', () => ({ message: 'saved' })],
    [
      'a plain object with a getter',
      () => Object.defineProperty({ message: 'saved' }, 'n', { get: () => 1, enumerable: true }),
    ],
    [
      'an object without a prototype',
      () => Object.assign(Object.create(null), { message: 'saved' }),
    ],
    ['a Proxy', () => new Proxy(new Error('declined'), {})],
  ])('%s that is logged', (_what, make) => {
    const text = (info: winston3.Logform.TransformableInfo): string => {
      const { code, name } = info;
      const described = typeof info.describe === 'function' ? info.describe() : '';
      return [info.level, code, name, info.message, described, info instanceof Error].join('|');
    };
    it.each<[string, () => winston3.Logform.Format[]]>([
      ['printf()', () => [winston.format.printf(text)]],
      ['json()', () => [winston.format.json()]],
      [
        'errors() and json()',
        () => [winston.format.errors({ stack: false }), winston.format.json()],
      ],
      [
        'timestamp() and json()',
        () => [winston.format.timestamp({ format: 'now' }), winston.format.json()],
      ],
    ])('look as without the format but for the id: %s', (_format, formats) => {
      const run = (isOurs: boolean, log: (logger: winston3.Logger, logged: object) => void) => {
        const all = [...(isOurs ? [requestContextFormat()] : []), ...formats()];
        const format = winston.format.combine(...all);
        const { logger, lines } = keeping(format);
        const logged = make();
        context.run(values, () => log(logger, logged));
        expect(lines).toHaveLength(1);
        const line = lines[0] as Line;
        const seen = [line instanceof Error, Object.getPrototypeOf(line), text(line as never)];
        return { logged, seen, text: String(line[message]) };
      };
      for (const log of [
        (logger: winston3.Logger, logged: object) => logger.error(logged),
        (logger: winston3.Logger, logged: object) => logger.log('error', logged),
        (logger: winston3.Logger, logged: object) => logger.child({ a: 1 }).error(logged),
        (logger: winston3.Logger, logged: object) =>
          logger.write(Object.assign(logged, { level: 'error' })),
      ]) {
        const [without, ours] = [false, true].map((isOurs) => run(isOurs, log));
        if (without === undefined || ours === undefined) throw new Error('nothing logged');
        const id = /,?"requestId":"myid"/;
        if (without.text.startsWith('{')) expect(ours.text).toMatch(id);
        expect(ours.text.replace(id, '')).toBe(without.text);
        expect(ours.seen).toEqual(without.seen);
        expect(Object.keys(ours.logged)).not.toContain('requestId');
        expect(Reflect.ownKeys(ours.logged).map(String).join()).not.toContain(captured);
      }
    });
  });

  it('pass the logged object itself to the formats before and after it', () => {
    const seen: unknown[] = [];
    const look = winston.format((info) => {
      seen.push(info);
      return info;
    });
    const format = winston.format.combine(look(), requestContextFormat(), look());
    const { logger, lines } = keeping(format);
    const logged = new Paid();
    context.run(values, () => logger.error(logged));
    expect(seen).toEqual([logged, logged]);
    expect(seen[0]).toBe(logged);
    expect(seen[1]).toBe(logged);
    expect(lines[0]).toMatchObject({ requestId: 'myid', message: 'paid 5' });
  });

  it('pass what loggers without it log to transports unchanged', () => {
    const lines: Line[] = [];
    const logger = winston.createLogger({ transports: keep(lines) });
    const error = new Coded('declined');
    context.run(values, () => logger.error(error));
    expect(lines[0]).toBe(error);
    expect(Reflect.ownKeys(error).map(String).join()).not.toContain(captured);
  });

  it("add the id to a class instance in a transport's format", () => {
    const lines: Line[] = [];
    const transports = [keep([]), keep(lines, { format: toJson() })];
    const logger = winston.createLogger({ format: winston.format.errors(), transports });
    context.run(values, () => {
      logger.error(domException());
      logger.write(Object.assign(new Paid(), { level: 'info' }));
    });
    expect(lines.map((line) => JSON.parse(String(line[message])))).toMatchObject([
      { message: 'timed out', requestId: 'myid' },
      { level: 'info', requestId: 'myid' },
    ]);
  });

  it.each<[string, (entry: object) => object]>([
    ['frozen', Object.freeze],
    ['sealed', Object.seal],
    ['non-extensible', Object.preventExtensions],
  ])('add the id to a %s object', (_what, lock) => {
    const { logger, lines } = keeping(requestContextFormat());
    const entry = { level: 'info', message: 'saved', [Symbol.for('level')]: 'info' };
    const error = Object.assign(new Coded('declined'), {
      level: 'info',
      [Symbol.for('level')]: 'info',
    });
    context.run(values, () => {
      logger.write(lock(entry));
      logger.write(lock(error));
    });
    expect(lines).toMatchObject([
      { message: 'saved', requestId: 'myid' },
      { message: 'declined', requestId: 'myid', code: 'E_CARD' },
    ]);
  });

  it('give each line its own id where one object is logged inside and outside requests', async () => {
    const lines: string[] = [];
    const transport = keep(
      { push: (line: Line) => lines.push(String(line[message])) },
      { isSlow: true },
    );
    const logger = winston.createLogger({ format: toJson(), transports: transport });
    const cached = new Coded('out of stock');
    const entry = { level: 'info', message: 'same' };
    for (const requestId of [undefined, 'a', 'b', undefined, 'c']) {
      const log = (): void => {
        logger.error(cached);
        logger.log(entry);
      };
      if (requestId === undefined) log();
      else context.run({ requestId }, log);
    }
    logger.end();
    await once(logger, 'finish');
    await until(() => lines.length === 10);
    const ids = lines.map((line) => JSON.parse(line).requestId);
    const twice = [undefined, 'a', 'b', undefined, 'c'].flatMap((id) => [id, id]);
    expect(ids).toEqual(twice);
  });

  it('give each line its own id where a wrapper replaces or drops lines', async () => {
    const { createLogger, Logger } = freshWinston(packageName);
    const { write } = Logger.prototype;
    let written = 0;
    // A tracer that is loaded first does this.
    Logger.prototype.write = function (this: winston3.Logger, info: object) {
      return written++ % 3 === 0 || Reflect.apply(write, this, [new Proxy(info, {})]);
    } as typeof write;
    const lines: Line[] = [];
    const logger = createLogger({
      format: requestContextFormat({ Logger }),
      transports: keep(lines, { isSlow: true }),
    });
    const same = { level: 'info', message: 'same' };
    const expected: unknown[] = [];
    for (let n = 0; n < 60; n++) {
      const requestId = `id-${n}`;
      if (n % 3 !== 0) expected.push(requestId);
      context.run({ requestId }, () => {
        if (n % 2 === 0) logger.log(same);
        else logger.info('saved', { sent: requestId });
      });
      if (n % 7 === 0) await turn();
    }
    await until(() => lines.length === 40);
    expect(lines.map(({ requestId }) => requestId)).toEqual(expected);
  });

  it('add the id to the lines of another copy of winston only when given it', () => {
    const { combine, json } = winston.format;
    const make = {
      winston: (other: typeof winston3) => requestContextFormat(other),
      'winston and options': (other: typeof winston3) =>
        requestContextFormat(other, { keys: { requestId: 'requestId' } }),
      'its namespace': (other: typeof winston3) =>
        requestContextFormat({ default: other } as unknown as typeof winston3),
      'a logger': (other: typeof winston3) => requestContextFormat(other.createLogger()),
      'a child': (other: typeof winston3) => requestContextFormat(other.createLogger().child({})),
      nothing: () => requestContextFormat(),
      'undefined and options': () => requestContextFormat(undefined, { keys: ['requestId'] }),
    };
    const ids = Object.entries(make).map(([what, format]) => {
      const other = freshWinston(packageName);
      expect(other.Logger).not.toBe(winston.Logger);
      const lines: Line[] = [];
      const logger = other.createLogger({
        format: combine(format(other), json()),
        transports: keep(lines),
      });
      context.run(values, () => logger.info('saved'));
      return [what, JSON.parse(String(lines[0]?.[message])).requestId];
    });
    expect(Object.fromEntries(ids)).toEqual({
      winston: 'myid',
      'winston and options': 'myid',
      'its namespace': 'myid',
      'a logger': 'myid',
      'a child': 'myid',
      nothing: undefined,
      'undefined and options': undefined,
    });
  });

  it('patch the copy that it is given, and nothing on the logger', () => {
    const [given, other] = [freshWinston(packageName), freshWinston(packageName)];
    const logger = given.createLogger();
    const before = Object.getOwnPropertyNames(logger);
    requestContextFormat(logger);
    expect(Object.getOwnPropertyNames(logger)).toEqual(before);
    expect(Object.hasOwn(given.Logger.prototype, 'write')).toBe(true);
    expect(Object.hasOwn(other.Logger.prototype, 'write')).toBe(false);
    expect(Object.keys(given.Logger.prototype)).toEqual(Object.keys(other.Logger.prototype));
  });

  it("give a format's log call the id of the line that is formatted", async () => {
    const { logger: audit, lines } = keeping(requestContextFormat());
    const forward = winston.format((info) => {
      audit.info('audit', { sent: info.sent });
      return info;
    });
    const logger = winston.createLogger({
      format: winston.format.combine(requestContextFormat(), forward()),
      transports: keep(lines, { isSlow: true }),
    });
    for (let n = 0; n < 60; n++) {
      context.run({ requestId: `id-${n}` }, () => logger.info('saved', { sent: `id-${n}` }));
      logger.info('outside');
    }
    await until(() => lines.length === 240);
    expect(lines.filter(({ requestId, sent }) => requestId !== sent)).toEqual([]);
  });

  it('keep the ids where loggers are piped into each other, and transports are added later', async () => {
    const { logger: second, lines } = keeping(requestContextFormat(), { isSlow: true });
    // Two loggers without the format: the lines that they pass on still keep their ids.
    const middle = winston.createLogger({ transports: [second as never] });
    const first = winston.createLogger({ transports: [middle as never] });
    const late: Line[] = [];
    const cached = new Coded('out of stock');
    for (let n = 0; n < 60; n++) {
      context.run({ requestId: `id-${n}` }, () => {
        first.info('saved', { sent: `id-${n}` });
        first.error(cached);
      });
      if (n === 30) first.add(keep(late, { isSlow: true, format: requestContextFormat() }));
      if (n % 10 === 0) await turn();
    }
    await until(() => lines.length === 120 && late.length > 0);
    const ids = lines.map(({ requestId }) => requestId);
    expect(ids).toEqual(Array.from({ length: 120 }, (_, n) => `id-${Math.floor(n / 2)}`));
    expect(late.filter(({ requestId, sent }) => sent && requestId !== sent)).toEqual([]);
  });

  it('give no foreign id to lines that bypass write(), nor to those that follow', async () => {
    const { logger, lines } = keeping(requestContextFormat(), { isSlow: true });
    const { write } = Object.getPrototypeOf(winston.Logger.prototype);
    for (let n = 0; n < 90; n++) {
      const sent = `id-${n}`;
      context.run({ requestId: sent }, () => {
        const line = { level: 'info', message: 'saved', sent };
        if (n % 30 === 29) write.call(logger, line);
        else logger.write(line);
      });
    }
    await until(() => lines.length === 90);
    expect(lines.filter(({ requestId, sent }) => requestId && requestId !== sent)).toEqual([]);
    context.run({ requestId: 'after' }, () => logger.info('after'));
    await until(() => lines.length === 91);
    expect(lines[90]).toMatchObject({ requestId: 'after' });
  });

  it('give no foreign id to a class instance that a transport passes on', async () => {
    const { logger: second, lines } = keeping(requestContextFormat());
    const passOn = { push: (info: Line) => Number(second.write(info)) };
    const first = winston.createLogger({ transports: keep(passOn, { isSlow: true }) });
    for (let n = 0; n < 50; n++) {
      const error = Object.assign(new Coded('declined'), { sent: `id-${n}` });
      context.run({ requestId: `id-${n}` }, () => first.error(error));
    }
    await until(() => lines.length === 50);
    expect(lines.filter(({ requestId, sent }) => requestId && requestId !== sent)).toEqual([]);
  });

  it('recover from a format that throws, and leave nothing on the logged object', () => {
    const fail = winston.format((info) => {
      if (info.fails) throw new Error('on purpose');
      return info;
    });
    const format = winston.format.combine(requestContextFormat(), fail());
    const { logger, lines } = keeping(format);
    const entry = { level: 'info', message: 'saved', fails: true };
    context.run({ requestId: 'a' }, () => expect(() => logger.log(entry)).toThrow('on purpose'));
    expect(Object.keys(entry)).toEqual(['level', 'message', 'fails']);
    logger.info('outside');
    context.run({ requestId: 'b' }, () => logger.info('inside'));
    expect(lines.map(({ requestId }) => requestId)).toEqual([undefined, 'b']);
  });

  it('leave out what a format drops', () => {
    const drop = winston.format((info) => (info.private ? false : info));
    const format = winston.format.combine(requestContextFormat(), drop());
    const { logger, lines } = keeping(format);
    context.run(values, () => {
      logger.info('hidden', { private: true });
      logger.info('saved');
    });
    expect(lines).toMatchObject([{ message: 'saved', requestId: 'myid' }]);
  });

  it("replace a user's field if it is undefined, and no other", () => {
    const own = [undefined, null, '', 0, false, 'own'];
    const ids = own.map((requestId) => {
      const defaults = written((logger) => logger.info('saved'), { defaultMeta: { requestId } });
      const child = written((logger) => logger.child({ requestId }).info('saved'));
      const entry = { level: 'info', message: 'saved', requestId };
      const call = written((logger) => logger.log(entry));
      expect(entry).toHaveProperty('requestId', requestId);
      const meta = written((logger) => logger.info('saved', { requestId }));
      return [defaults, child, call, meta].map(([line]) => line?.requestId);
    });
    expect(ids).toEqual(own.map((id) => Array(4).fill(id === undefined ? 'myid' : id)));
  });

  it.each(hostileValues)('write the line when the context holds %s', (what, make) => {
    const { logger, lines } = keeping(toJson({ keys: ['requestId', 'tenant'] }));
    context.run({ requestId: 'myid', tenant: make() }, () => logger.info('saved'));
    const { tenant, ...line } = JSON.parse(String(lines[0]?.[message]));
    expect(line).toEqual({ level: 'info', message: 'saved', requestId: 'myid' });
    expect(tenant).toEqual(shown[what]);
  });

  it.each(['logger', 'transport', 'both'] as const)(
    'keep the id of the log call under back-pressure: format of %s',
    async (level) => {
      const lines: Line[] = [];
      const ofTransport = level === 'logger' ? {} : { format: toJson() };
      const logger = winston.createLogger({
        format: level === 'transport' ? winston.format.json() : toJson(),
        transports: keep(lines, { isSlow: true, ...ofTransport }),
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
      // Outside requests, while lines of requests still wait.
      for (let n = 0; n < 100; n++) logger.info('outside');
      await until(() => lines.length === 4100);
      const entries = lines.map((line) => JSON.parse(String(line[message])));
      expect(entries.filter(({ requestId, sent }) => requestId !== sent)).toEqual([]);
      expect(new Set(entries.map(({ sent }) => sent)).size).toBe(201);
    },
  );

  it('log the values at the time of the log call', async () => {
    const { logger, lines } = keeping(requestContextFormat({ keys: ['tenant'] }), { isSlow: true });
    context.run(values, () => {
      for (let n = 0; n < 50; n++) {
        context.set('tenant', n);
        logger.info('saved', { n });
      }
    });
    await until(() => lines.length === 50);
    expect(lines.filter(({ n, tenant }) => n !== tenant)).toEqual([]);
  });

  it('keep the id of a line that a transport passes on to another logger', async () => {
    const { logger: second, lines } = keeping(requestContextFormat());
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

  it('patch write() once, however many formats are made', () => {
    requestContextFormat();
    const { write } = winston.Logger.prototype;
    requestContextFormat();
    expect(winston.Logger.prototype.write).toBe(write);
  });

  it('keep a line of text one line, whatever the values hold', () => {
    const format = winston.format.combine(
      requestContextFormat({ keys: ['tenant'] }),
      winston.format.simple(),
    );
    const { logger, lines } = keeping(format);
    context.run({ tenant: 'a\nerror: forged' }, () => logger.info('saved'));
    expect(lines[0]?.[message]).toBe('info: saved {"tenant":"a\\nerror: forged"}');
  });

  it.each(badOptions)('throw for %s', (_problem, options, option) => {
    const error = expect.objectContaining({ code: 'ERR_INVALID_OPTION', option });
    expect(() => requestContextFormat(options as FieldOptions)).toThrow(error);
    expect(() => requestContextFormat(winston, options as FieldOptions)).toThrow(error);
  });

  it.each<[string, unknown, FieldOptions?]>([
    ['a function', () => {}],
    ["a logger that is not winston's", { info() {}, write() {} }],
    ["a logger that is not winston's, and options", { info() {} }, { keys: ['requestId'] }],
    ['options twice', { keys: ['requestId'] }, { keys: ['requestId'] }],
    ['null and options', null, {}],
    ['a string and options', 'winston', {}],
  ])('throw for %s', (_what, source, options) => {
    expect(() => requestContextFormat(source as typeof winston, options)).toThrow(
      /^requestContextFormat\(winston, options\) needs winston 3 or one of its loggers, but /,
    );
  });
});
