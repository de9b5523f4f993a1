// What is run: a program of cases/, and the arguments that it is run with, each once without the
// library and once with it.
import { hosts } from './cases/support/hosts.mjs';

const hostNames = Object.keys(hosts);

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

/** Two versions of Koa and Fastify differ in nothing that wrappers see. */
const wrappedHosts = hostNames.filter((name) => name !== 'koa 2' && name !== 'fastify 4');
const wrapperKinds = ['plain', 'proxy', 'copying'];
const wrapperMoments = [
  'before',
  'after loading',
  'after the first request',
  'own, early',
  'own, late',
];

const agents = ['opentelemetry', 'dd-trace', 'elastic', 'newrelic', 'sentry'];

const otherServers = [
  'both builds',
  'express, twice',
  'fastify inject()',
  'TLS',
  'HTTP/2',
  'HTTP/2, allowHTTP1',
];

/** @type {Case[]} */
export const cases = [
  ...each('wrappers', [...wrappedHosts, 'both builds'], wrapperKinds, wrapperMoments),
  ...each('agents', agents, ['early', 'late', 'after the first request']),
  ...each('prototypes', [...hostNames, ...otherServers]),
];
