// The cases: programs of cases/ with their arguments. Each runs once without the library and once with it.
import { hosts } from './cases/support/hosts.mjs';

/**
 * @typedef {object} Case
 * @property {string} program
 * @property {string[]} args
 */

/** @param {string} program @param {readonly (readonly string[])[]} lists @returns {Case[]} */
function each(program, ...lists) {
  /** @type {string[][]} */
  let rows = [[]];
  for (const list of lists) rows = rows.flatMap((row) => list.map((item) => [...row, item]));
  return rows.map((args) => ({ program, args }));
}

/** One version of Koa and one of Fastify: wrappers see no difference between versions. */
const wrappedHosts = Object.keys(hosts).filter((name) => name !== 'koa 2' && name !== 'fastify 4');
const wrapperKinds = ['plain', 'proxy', 'copy'];
const wrapperMoments = [
  'before',
  'after loading',
  'after the first request',
  'own, early',
  'own, late',
];

const agents = ['opentelemetry', 'dd-trace', 'elastic', 'newrelic', 'sentry'];

/** @type {Case[]} */
export const cases = [
  // The longest first.
  ...each('jest', ['realms'], ['withRequestId', 'attach', 'express', 'fastify']),
  ...each('jest', ['globalsCleanup'], ['on', 'soft', 'off']),
  ...each('jest', ['jsdom'], ['withRequestId', 'attach', 'express']),
  ...each('jest', ['fake timers']),
  ...each('test-runners', ['vitest', 'mocha', 'mocha, fake timers', 'node:test']),
  ...each('idle', ['withRequestId', 'attach']),
  ...each('wrappers', [...wrappedHosts, 'both builds'], wrapperKinds, wrapperMoments),
  ...each('agents', agents, ['early', 'late', 'after the first request']),
  ...each(
    'tracing',
    ['opentelemetry', 'opentelemetry and frameworks'],
    ['early', 'late', 'after the first request'],
    ['import', 'require'],
  ),
  ...each('tracing', ['sentry'], ['early', 'late', 'after the first request']),
  ...each(
    'domain',
    ['node:http', 'attach', 'express 5', 'koa 3', 'fastify 5'],
    ['request', 'response'],
  ),
  ...each(
    'first-response',
    ['connect', 'express 4', 'express 5', 'koa 3'],
    ['on-headers', 'response-time', 'compression', 'express-session'],
  ),
  ...each(
    'odd-objects',
    ['frozen prototypes', 'prototypes frozen after loading'],
    ['node:http', 'attach', 'express 5', 'koa 3', 'fastify 5'],
  ),
  // Fastify itself does not load in this case.
  ...each(
    'odd-objects',
    ['frozen EventEmitter.prototype'],
    ['node:http', 'attach', 'express 5', 'koa 3'],
  ),
  ...each('odd-objects', ['a frozen server', 'methods that are read-only', 'id is an accessor']),
  ...each('node-responses', ['stream.respond()'], ['withRequestId', 'attach']),
  ...each('node-responses', ['dropRequest'], ['attach']),
  ...each('fastify', ['fastify4', 'fastify'], ['serverless-http']),
  ...each('fastify', ['fastify'], ['@fastify/aws-lambda']),
  ...each('frameworks', ['engine.io'], ['engineio64', 'engine.io'], ['websocket', 'polling']),
  ...each('frameworks', ['restify'], ['pre', 'use', 'pre and reqIdHeaders']),
  ...each('frameworks', ['koa-websocket'], ['koa 2', 'koa 3']),
  ...each('frameworks', ['h3'], ['middleware', 'withRequestId']),
  ...each('frameworks', ['polka', 'serverless-http']),
  ...each(
    'timers',
    ['sinon', 'never fires', 'returns a number'],
    ['import', 'require'],
    ['withRequestId', 'attach'],
  ),
];
