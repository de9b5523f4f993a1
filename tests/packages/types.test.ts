import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { pack } from './support/pack.ts';
import { tsc } from './support/tsc.ts';

const root = join(import.meta.dirname, '../..');

/** The applications, by the folders that hold their programs, and what each has installed. */
const applications: Readonly<Record<string, readonly string[]>> = {
  express: ['@request-context/express', 'express@5', '@types/express@5', 'pino-http@11'],
  koa: ['@request-context/koa', 'koa@3', '@types/koa@3', 'pino-http@11'],
  fastify: ['@request-context/fastify', 'fastify@5'],
  'node-http': ['@request-context/node-http', '@types/restify@8'],
  propagation: [
    '@request-context/propagation',
    '@nats-io/nats-core@3',
    'amqplib@2',
    'bullmq@6',
    'kafkajs@2',
  ],
  docs: [
    '@request-context/express',
    '@request-context/koa',
    '@request-context/node-http',
    'express@5',
    'koa@3',
    'pino-http@11',
    '@types/express@5',
    '@types/express-serve-static-core@5',
    '@types/koa@3',
  ],
};
const compilers = ['typescript@5.4', 'typescript@5.9', 'typescript@7'];

/** Programs that compile. Those of one line are compiled as one, as their declarations get along. */
const programs: Readonly<Record<string, readonly string[]>> = {
  'each adapter alone, and restify': [
    'express/alone',
    'koa/alone',
    'fastify/alone',
    'node-http/alone',
    'node-http/restify',
  ],
  'pino-http imported before the adapter': ['express/pino-http-first', 'koa/pino-http'],
  'pino-http imported after the adapter': ['express/pino-http-last'],
  "an application's own Express.Request.id": ['express/own-id'],
};

let folder = '';

/**
 * Installs all of it with pnpm, in the strictest of its layouts: a package finds what it names as its
 * dependencies, and nothing else.
 */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'types-'));
  const tarballs = await pack();
  const toDependency = (wanted: string): [name: string, version: string] => {
    const [, name = wanted, version] = /^(.+)@(.+)$/.exec(wanted) ?? [];
    return [name, version ?? `file:${tarballs[name]}`];
  };
  const write = (file: string, content: object) =>
    writeFile(join(folder, file), JSON.stringify(content));
  const types = { '@types/node': '20' };

  await cp(join(import.meta.dirname, 'programs'), folder, { recursive: true });
  // JSON is YAML.
  await write('pnpm-workspace.yaml', {
    packages: Object.keys(applications),
    hoist: false,
    ignoredOptionalDependencies: ['msgpackr-extract'],
    overrides: Object.fromEntries(
      ['@request-context/core', '@request-context/node-http'].map(toDependency),
    ),
  });
  await write('package.json', {
    private: true,
    dependencies: {
      ...types,
      ...Object.fromEntries(
        compilers.map((compiler) => [compiler.replace('@', ''), `npm:${compiler}`]),
      ),
    },
  });
  for (const [name, packages] of Object.entries(applications)) {
    await mkdir(join(folder, name), { recursive: true });
    const dependencies = { ...types, ...Object.fromEntries(packages.map(toDependency)) };
    await write(`${name}/package.json`, { name, private: true, type: 'module', dependencies });
  }
  await promisify(execFile)('npx', ['-y', 'pnpm@12', 'install'], { cwd: folder });
});

/** Compiles files as one program. Returns what the compiler prints. */
async function compile(
  compiler: string,
  files: readonly string[],
  options: object,
): Promise<string> {
  const project = join(folder, `${files.join('-').replaceAll('/', '-')}-${compiler}`);
  const compilerOptions = {
    target: 'es2022',
    lib: ['es2023'],
    module: 'nodenext',
    esModuleInterop: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    types: ['node'],
    typeRoots: [join(folder, 'node_modules/@types')],
    declaration: true,
    noEmit: true,
    skipDefaultLibCheck: true,
    ...options,
  };
  const config = `${project}-${Object.values(options).join('-')}.json`;
  const paths = files.map((file) => join(folder, `${file}.mts`));
  await writeFile(config, JSON.stringify({ files: paths, compilerOptions }));
  return tsc(folder, ['-p', config], compiler.replace('@', ''));
}

describe.concurrent.each(compilers)('%s', (compiler) => {
  it.each(
    Object.entries(programs).flatMap(([what, files]) =>
      [true, false].map((skipLibCheck) => ({ what, files, skipLibCheck })),
    ),
  )('compiles $what, skipLibCheck: $skipLibCheck', async ({ files, skipLibCheck }) => {
    expect(await compile(compiler, files, { skipLibCheck })).toBe('');
  });

  // The types of @nats-io/nats-core need skipLibCheck.
  it.each([true, false])(
    'compiles handlers of messages, exactOptionalPropertyTypes: %s',
    async (exactOptionalPropertyTypes) => {
      const options = { skipLibCheck: true, exactOptionalPropertyTypes };
      expect(await compile(compiler, ['propagation/messages'], options)).toBe('');
    },
  );
});

it.each(Object.entries(programs))('compiles %s, for a bundler', async (_, files) => {
  const options = { skipLibCheck: true, module: 'preserve', moduleResolution: 'bundler' };
  expect(await compile('typescript@7', files, options)).toBe('');
});

describe('docs/typescript.md', async () => {
  const page = await readFile(join(root, 'docs/typescript.md'), 'utf8');
  const fences = page.matchAll(/^```ts\n(.*?)^```$(?:\n\n```text\n(.*?)^```$)?/gms);
  const blocks = Array.from(fences, ([, source = '', messages = ''], index) => ({
    source,
    messages,
    line: page.slice(0, page.indexOf(source)).split('\n').length,
    file: `docs/block-${index}`,
  }));

  it.concurrent.each(blocks)(
    'says what TypeScript says of line $line',
    async ({ source, messages, file }) => {
      await writeFile(join(folder, `${file}.mts`), source);
      const printed = await compile('typescript@7', [file], { skipLibCheck: true });
      expect(printed.replace(/^\S+\(\d+,\d+\): /gm, '')).toBe(messages);
    },
  );
});
