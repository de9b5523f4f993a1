import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { pack } from './support/pack.ts';
import { tsc } from './support/tsc.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

/** A framework as a stranger would use it: the lines that differ from one to the next. */
interface Framework {
  readonly name: string;
  readonly install: readonly string[];
  readonly imports: Readonly<Record<string, string>>;
  /** Assigns the URL of a server to `url`, and what stops it to `close`. */
  readonly program: string;
}

const listenOn = (handler: string): string => `
  const server = createServer(${handler});
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const url = 'http://127.0.0.1:' + address.port;
  const close = () => server.close();`;

const nodeHttp: Framework = {
  name: 'node:http',
  install: ['@request-context/node-http'],
  imports: {
    '{ createServer }': 'node:http',
    '{ withRequestId, getRequestId }': '@request-context/node-http',
  },
  program: listenOn('withRequestId((req, res) => { res.end([getRequestId(), req.id].join()); })'),
};

const express = (version: number): Framework => ({
  name: `Express ${version}`,
  install: ['@request-context/express', `express@${version}`, `@types/express@${version}`],
  imports: {
    '{ createServer }': 'node:http',
    express: 'express',
    '{ requestId, getRequestId }': '@request-context/express',
  },
  program: `
  const app = express();
  app.use(requestId());
  app.get('/', (req, res) => { res.send([getRequestId(), req.id].join()); });
  ${listenOn('app')}`,
});

const koa = (version: number): Framework => ({
  name: `Koa ${version}`,
  install: ['@request-context/koa', `koa@${version}`, `@types/koa@${version}`],
  imports: {
    '{ createServer }': 'node:http',
    Koa: 'koa',
    '{ requestId, getRequestId }': '@request-context/koa',
  },
  program: `
  const app = new Koa();
  app.use(requestId());
  app.use((ctx) => { ctx.body = [getRequestId(), ctx.req.id === ctx.state.requestId && ctx.req.id].join(); });
  ${listenOn('app.callback()')}`,
});

const fastify = (version: number): Framework => ({
  name: `Fastify ${version}`,
  install: ['@request-context/fastify', `fastify@${version}`],
  imports: { '{ fastify }': 'fastify', '{ requestId, getRequestId }': '@request-context/fastify' },
  program: `
  const app = fastify();
  app.register(requestId);
  app.get('/', async (request) => [getRequestId(), request.id].join());
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const close = () => app.close();`,
});

const frameworks = [nodeHttp, express(4), express(5), koa(2), koa(3), fastify(4), fastify(5)];

let tarballs: Readonly<Record<string, string>> = {};

beforeAll(async () => {
  tarballs = await pack();
});

/** Installs packages in an empty folder with npm; those of this repository come from the tarballs. */
async function installed(packages: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'stranger-'));
  await writeFile(join(folder, 'package.json'), '{ "private": true }');
  const wanted = [...packages, '@request-context/core', '@request-context/node-http'];
  const sources = new Set(wanted.map((name) => tarballs[name] ?? name));
  await run('npm', ['install', '--no-audit', '--no-fund', ...sources], { cwd: folder });
  return folder;
}

/** Compiles a file. Returns what the compiler prints. */
function compile(
  folder: string,
  file: string,
  module = 'nodenext',
  moduleResolution = module,
): Promise<string> {
  const strict = { strict: true, exactOptionalPropertyTypes: true, skipLibCheck: true };
  const target = { target: 'es2022', module, moduleResolution, esModuleInterop: true };
  const flags = Object.entries({ ...strict, ...target, noEmit: true, types: 'node' });
  return tsc(folder, [...flags.flatMap(([name, value]) => [`--${name}`, String(value)]), file]);
}

const ask = `
  const answer = await fetch(url, { headers: { 'X-Request-ID': 'myid' } });
  console.log(await answer.text(), answer.headers.get('X-Request-ID'));
  close();`;

type Program = Pick<Framework, 'imports' | 'program'>;

/** The program as a module of either kind. */
const modules: readonly (readonly [kind: string, file: string, (program: Program) => string])[] = [
  [
    'ESM',
    'program.mjs',
    ({ imports, program }) =>
      [
        ...Object.entries(imports).map(([what, from]) => `import ${what} from '${from}';`),
        program,
      ].join('\n'),
  ],
  [
    'CommonJS',
    'program.cjs',
    ({ imports, program }) =>
      [
        ...Object.entries(imports).map(([what, from]) => `const ${what} = require('${from}');`),
        `(async () => {${program}})();`,
      ].join('\n'),
  ],
];

/** Runs a program. Returns what it prints. */
async function runProgram(folder: string, file: string, source: string): Promise<string> {
  await writeFile(join(folder, file), source);
  const { stdout } = await run(process.execPath, [file], { cwd: folder });
  return stdout;
}

describe.each(frameworks)('$name, from the packed tarballs', (framework) => {
  let folder = '';

  beforeAll(async () => {
    folder = await installed([...framework.install, '@types/node@20', 'typescript@5']);
  });

  const asking = { ...framework, program: framework.program + ask };

  it.each(modules)('run as %s', async (_kind, file, write) => {
    expect(await runProgram(folder, file, write(asking))).toBe('myid,myid myid\n');
  });

  it.each([
    ['ESM', 'program.mts', 'nodenext', 'nodenext'],
    ['CommonJS', 'program.cts', 'nodenext', 'nodenext'],
    ['a bundler', 'bundled.mts', 'preserve', 'bundler'],
  ])('compile as strict TypeScript for %s', async (_what, file, module, moduleResolution) => {
    const imports = Object.entries(asking.imports).map(
      ([what, from]) => `import ${what} from '${from}';`,
    );
    // A CommonJS module has no top-level await.
    const isCommonJs = file.endsWith('.cts');
    const body = isCommonJs ? `export async function main() {${asking.program}}` : asking.program;
    await writeFile(join(folder, file), [...imports, body].join('\n'));
    expect(await compile(folder, file, module, moduleResolution)).toBe('');
  });

  it('have the types that they document', async () => {
    const adapter = Object.values(framework.imports).find((from) =>
      from.startsWith('@request-context/'),
    );
    const lines = [
      `import { context, getRequestId } from '${adapter}';`,
      'const id: string | undefined = getRequestId();',
      "const same: string | undefined = context.get('requestId');",
      '// @ts-expect-error: it may be undefined',
      'const certain: string = getRequestId();',
      '// @ts-expect-error: no such key',
      "context.get('requestid');",
      '// @ts-expect-error: not a string',
      "context.set('requestId', 42);",
      'export { id, same, certain };',
    ];
    await writeFile(join(folder, 'types.mts'), lines.join('\n'));
    expect(await compile(folder, 'types.mts')).toBe('');
  });
});

describe('logging, from the packed tarballs', () => {
  const imports = {
    '{ context }': '@request-context/core',
    '{ requestFields }': '@request-context/logging',
    '{ requestContextMixin }': '@request-context/logging/pino',
    '{ requestContextFormat }': '@request-context/logging/winston',
    '{ requestIdToken }': '@request-context/logging/morgan',
    '{ patchConsole }': '@request-context/logging/console',
    morgan: 'morgan',
    pino: 'pino',
    winston: 'winston',
  };
  const program = `
  requestIdToken(morgan);
  const undo = patchConsole();
  const pinoLogger = pino({ base: null, timestamp: false, mixin: requestContextMixin() }, pino.destination({ fd: 1, sync: true }));
  const winstonLogger = winston.createLogger({
    format: winston.format.combine(requestContextFormat(), winston.format.json()),
    transports: [new winston.transports.Console()],
  });
  context.run({ requestId: 'myid' }, () => {
    console.log(JSON.stringify(requestFields()));
    pinoLogger.info('by pino');
    winstonLogger.info('by winston');
  });
  undo();
  console.log(typeof morgan.compile(':request-id'));`;
  const lines = [
    '[myid] {"requestId":"myid"}',
    '{"level":30,"requestId":"myid","msg":"by pino"}',
    '{"level":"info","message":"by winston","requestId":"myid"}',
    'function',
  ];
  let folder = '';

  beforeAll(async () => {
    folder = await installed(['@request-context/logging', 'morgan', 'pino', 'winston']);
  });

  it.each(modules)('run as %s', async (_kind, file, write) => {
    const printed = await runProgram(folder, file, write({ imports, program }));
    expect(printed.trim().split('\n').sort()).toEqual(lines.sort());
  });
});

describe('propagation, from the packed tarballs', () => {
  const imports = {
    '{ context }': '@request-context/core',
    '{ createPropagator }': '@request-context/propagation',
    '{ instrumentOutbound }': '@request-context/propagation/http',
    '{ propagatingFetch }': '@request-context/propagation/fetch',
    '{ undiciInterceptor }': '@request-context/propagation/undici',
    '{ axiosInterceptor }': '@request-context/propagation/axios',
    '{ requestContextTelemetry }': '@request-context/propagation/bullmq',
    '{ messageHeaders }': '@request-context/propagation/amqplib',
    '{ runWithMessage }': '@request-context/propagation/nats',
    '{ withRequestContext }': '@request-context/propagation/kafka',
    '{ childEnv }': '@request-context/propagation/worker-threads',
    '{ markSpan, traceFields }': '@request-context/logging/opentelemetry',
    '{ createServer, get }': 'node:http',
  };
  const program = `
  const to = ['localhost:*'];
  const functions = [propagatingFetch({ to }), undiciInterceptor({ to }), axiosInterceptor({ to }),
    requestContextTelemetry, runWithMessage, withRequestContext(() => {}), childEnv, markSpan];
  console.log(functions.every((entry) => ['function', 'object'].includes(typeof entry)), traceFields());
  const undo = instrumentOutbound({ to });
  const server = createServer((req, res) => res.end(req.headers['x-request-id'] ?? 'nothing')).listen(0, () => {
    const { port } = server.address();
    const read = async (res) => console.log(String(await res.toArray()));
    context.run({ requestId: 'myid' }, () => {
      console.log(messageHeaders({ kept: 1 }), createPropagator().inject({}));
      get({ port, agent: false }, async (res) => {
        await read(res);
        undo();
        context.run({ requestId: 'myid' }, () => get({ port, agent: false }, (res) => read(res).then(() => server.close())));
      });
    });
  });`;
  let folder = '';

  beforeAll(async () => {
    // None of the clients is installed.
    const packages = ['@request-context/logging', '@request-context/propagation'];
    folder = await installed([...packages, '@types/node@20', 'typescript@5']);
  });

  it.each(modules)('run as %s, without any client', async (_kind, file, write) => {
    expect(await runProgram(folder, file, write({ imports, program }))).toBe(
      "true {}\n{ kept: 1, 'X-Request-ID': 'myid' } { 'X-Request-ID': 'myid' }\nmyid\nnothing\n",
    );
  });

  it('compile without any client', async () => {
    const lines = [
      "import { createPropagator } from '@request-context/propagation';",
      "import { instrumentOutbound } from '@request-context/propagation/http';",
      "import { propagatingFetch } from '@request-context/propagation/fetch';",
      'const id: string | undefined = createPropagator().extract(new Headers()).requestId;',
      "const undo: () => void = instrumentOutbound({ to: (target) => target.hostname === 'a' });",
      '// @ts-expect-error: to whom?',
      'propagatingFetch({});',
      'export { id, undo };',
    ];
    await writeFile(join(folder, 'types.mts'), lines.join('\n'));
    expect(await compile(folder, 'types.mts')).toBe('');
  });
});

it('let ESM and CommonJS copies in one process read each other', async () => {
  const folder = await installed([]);
  const program = `import { createRequire } from 'node:module';
     import * as esm from '@request-context/core';
     import { getRequestId } from '@request-context/node-http';
     const require = createRequire(import.meta.url);
     const cjs = require('@request-context/core');
     const adapter = require('@request-context/node-http');
     console.log(esm.context === cjs.context);
     esm.context.run({ requestId: 'a' }, () => console.log(cjs.getRequestId(), adapter.getRequestId()));
     cjs.context.run({ requestId: 'b' }, () => console.log(esm.getRequestId(), getRequestId()));
     const middleware = adapter.requestId();
     console.log(typeof middleware);`;
  const stdout = await runProgram(folder, 'program.mjs', program);
  expect(stdout).toBe('false\na a\nb b\nfunction\n');
});

it('hold no source maps', async () => {
  for (const tarball of Object.values(tarballs)) {
    const { stdout } = await run('tar', ['-tzf', tarball]);
    expect(stdout).toContain('package/dist/index.js\n');
    expect(stdout).not.toContain('.map\n');
  }
});

it('run the ten lines of the README', async () => {
  const folder = await installed(['@request-context/express', 'express@5']);
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const [, lines = ''] = /^```js\n(.*?)^```$/ms.exec(readme) ?? [];
  await writeFile(join(folder, 'server.mjs'), lines.replace('3001', '0').replace(/;\n$/, announce));
  const server = spawn(process.execPath, ['server.mjs'], { cwd: folder });
  try {
    const [url] = (await once(server.stdout, 'data')) as [Buffer];
    const answer = await fetch(`${url}/Manuel`, { headers: { 'X-Request-ID': 'myid' } });
    expect(await answer.text()).toBe('Hello, Manuel. Your request id is myid.\n');
    expect(answer.headers.get('X-Request-ID')).toBe('myid');
  } finally {
    server.kill();
  }
});

/** Ends the README's last statement so that it prints where the server listens. */
const announce = `.on('listening', function () {
  process.stdout.write('http://127.0.0.1:' + this.address().port);
});`;
