// Runs test files with a test runner. They are in a folder beside the programs, so that they find the packages.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isBare, once, require } from './case.mjs';

const programs = fileURLToPath(new URL('..', import.meta.url));

/** Lines that replace the library in the run without it. */
const naive = `
const { AsyncLocalStorage } = require('node:async_hooks');
const storage = new AsyncLocalStorage();
const getRequestId = () => storage.getStore();
const requestId = () => (req, res, next) => {
  res.setHeader('X-Request-ID', req.headers['x-request-id']);
  storage.run(req.headers['x-request-id'], next);
};
const withRequestId = (listener) => (req, res) => requestId()(req, res, () => listener(req, res));
const attach = (server) => {
  const { emit } = server;
  server.emit = function (event, req, res) {
    if (event !== 'request') return emit.apply(this, arguments);
    let result;
    requestId()(req, res, () => { result = emit.apply(this, arguments); });
    return result;
  };
};
const fastifyPlugin = (app, _options, done) => {
  app.addHook('onRequest', (request, reply, next) => requestId()(request.raw, reply.raw, next));
  done();
};
fastifyPlugin[Symbol.for('skip-override')] = true;
const loadFastifyPlugin = () => fastifyPlugin;
const loadExpressRequestId = () => requestId;
`;

const library = `
const { attach, getRequestId, requestId, withRequestId } = require('@request-context/node-http');
const loadFastifyPlugin = () => require('@request-context/fastify').requestId;
const loadExpressRequestId = () => require('@request-context/express').requestId;
`;

const helpers = `
function listen(server) {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}
function close(server) {
  return new Promise((resolve) => server.close(resolve));
}
function ask(server, id, path = '/') {
  return new Promise((resolve, reject) => {
    const headers = id === undefined ? {} : { 'X-Request-ID': id };
    const options = { host: '127.0.0.1', port: server.address().port, path, agent: false, headers };
    require('node:http').get(options, (response) => {
      let body = '';
      response.on('data', (chunk) => { body += chunk; });
      response.on('end', () => resolve([response.statusCode, body, response.headers['x-request-id']]));
    }).on('error', reject);
  });
}
`;

/** Returns the text of a CommonJS test file. @param {string} text @param {boolean} [usesLibrary] */
export function testFile(text, usesLibrary = true) {
  const [comment = ''] = /^\/\*\*.*\n/.exec(text) ?? [];
  const start = usesLibrary ? (isBare ? naive : library) : '';
  const http = "const http = require('node:http');\n";
  return `${comment}${http}${start}${helpers}${text.slice(comment.length)}`;
}

/**
 * Writes files to a new folder, and removes it when the process ends.
 *
 * @param {Readonly<Record<string, string>>} files
 */
export function folderOf(files) {
  const folder = mkdtempSync(join(programs, 'run-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'package.json'), '{}');
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

/** A file of a package's. @param {string} name @param {string} path */
export function binOf(name, path) {
  return join(dirname(require.resolve(`${name}/package.json`)), path);
}

/**
 * Runs Node in a folder. Kills a process that has not ended after half a minute.
 *
 * @param {string} folder
 * @param {string[]} args
 */
export async function runNode(folder, args) {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { ...env, NO_COLOR: '1', FORCE_COLOR: '0', CI: 'true' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 30_000,
    killSignal: 'SIGKILL',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  }
  const [code, signal] = await once(child, 'close');
  return { end: signal ?? code, output };
}

/** What a reader of its output would look for. @param {string} output */
export function warningsIn(output) {
  return [...output.matchAll(/^.*Warning\b.*$/gm)]
    .map(([line]) => line.trim())
    .filter((line) => !/ExperimentalWarning|NO_COLOR|FORCE_COLOR/.test(line));
}

const sequencer = `const { default: Sequencer } = require('@jest/test-sequencer');
module.exports = class extends Sequencer {
  sort(tests) {
    return [...tests].sort((a, b) => (a.path > b.path ? 1 : -1));
  }
};
`;

// Jest runs the files one by one in its own process, which can then count their realms.
const environment = `const { TestEnvironment } = require('jest-environment-node');
process.realms ??= [];
module.exports = class extends TestEnvironment {
  async setup() {
    await super.setup();
    process.realms.push(new WeakRef(this.global));
  }
};
`;

const reporter = `module.exports = class {
  async onRunComplete() {
    for (let round = 0; round < 12; round++) {
      await new Promise((resolve) => setTimeout(resolve, 30));
      globalThis.gc();
    }
    const left = process.realms.filter((ref) => ref.deref() !== undefined).length;
    require('node:fs').writeFileSync(__dirname + '/realms.json', String(left));
  }
};
`;

/**
 * Runs the files with Jest, in the order of their names, in one process.
 *
 * @param {Readonly<Record<string, string>>} files
 * @param {{ environmentOptions?: object, countsRealms?: boolean }} [options]
 */
export async function runJest(files, { environmentOptions = {}, countsRealms = false } = {}) {
  const config = {
    testEnvironment: countsRealms ? './environment.js' : 'node',
    testEnvironmentOptions: environmentOptions,
    testSequencer: './sequencer.js',
    transform: {},
    reporters: ['default', ...(countsRealms ? ['<rootDir>/reporter.js'] : [])],
  };
  const folder = folderOf({
    ...files,
    'sequencer.js': sequencer,
    'environment.js': environment,
    'reporter.js': reporter,
    'jest.config.json': JSON.stringify(config),
  });
  const args = ['--expose-gc', binOf('jest', 'bin/jest.js'), '-i', '--no-cache', '--forceExit'];
  args.push('--json', '--outputFile=result.json', '--config=jest.config.json', '--rootDir=.');
  const { output } = await runNode(folder, args);
  const result = JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8'));
  return {
    tests: [
      `${result.numPassedTests} passed`,
      `${result.numFailedTests + result.numRuntimeErrorTestSuites} failed`,
      ...result.testResults
        .filter(({ status }) => status === 'failed')
        .map(({ message }) => reasonIn(message)),
    ].join('; '),
    warnings: warningsIn(output),
    realms: countsRealms ? Number(readFileSync(join(folder, 'realms.json'), 'utf8')) : 0,
  };
}

/** The line of a failure that says why. @param {string} message */
function reasonIn(message) {
  const lines = message.split('\n').map((line) => line.trim());
  const reason = lines.find((line) => /Error|Abort|thrown|Exceeded|Expected|Received/.test(line));
  return (reason ?? lines.find((line) => line !== '') ?? '').slice(0, 160);
}
