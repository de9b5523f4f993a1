import assert from 'node:assert/strict';
import { connect } from 'node:net';
import type { RequestIdOptions } from '@request-context/core';
import { failingOption, throwOnPurpose } from '../failing-option.ts';
import type { HttpScenario } from '../http-scenario.ts';
import { type PolicyCase, policyScenario, sendsMyId } from '../policy-case.ts';

/** An invalid value of the header, and how the context keeps it. */
type Invalid = [id: string, what: string, sent: string | readonly string[], rejected: string];

const invalid: readonly Invalid[] = [
  ['too-long', 'an id of 129 characters', 'x'.repeat(129), 'x'.repeat(128)],
  ['5-kb', 'an id of 5 KB', 'x'.repeat(5120), 'x'.repeat(128)],
  ['latin-1', 'an id that holds latin-1 characters', 'caf\xe9', 'caf%E9'],
  ['quotes', 'an id that holds quotes', `"a'`, '%22a%27'],
  ['markup', 'an id that holds markup', '<script>', '%3Cscript%3E'],
  ['comma', 'an id that holds a comma', 'a,b', 'a%2Cb'],
  ['space', 'an id that holds a space', 'a b', 'a%20b'],
  ['tab', 'an id that holds a tab', 'a\tb', 'a%09b'],
  ['escape', 'an id that holds a percent sign', 'a%0ab', 'a%250ab'],
  ['repeated', 'a header that is sent twice', ['a', 'b'], 'a%2C%20b'],
  ['empty', 'an empty id', '', ''],
  ['blank', 'a blank id', '   ', ''],
];

const promise = (): Promise<boolean> => Promise.resolve(true);
const no = (): boolean => false;

/** What an onInvalid function was called with. */
const calls: unknown[] = [];

const cases: readonly PolicyCase[] = [
  ...invalid.map(
    ([id, what, sent, rejected]): PolicyCase => ({
      id: `replace-${id}`,
      title: `replace ${what}, and keep it as rejectedRequestId`,
      headers: () => ({ 'X-Request-ID': sent }),
      rejected: () => rejected,
    }),
  ),
  {
    id: 'replace-max-length',
    title: 'replace an id longer than `maxLength`',
    options: { maxLength: 8 },
    headers: () => sendsMyId('123456789'),
    rejected: () => '123456789',
  },
  {
    id: 'replace-validate',
    title: 'replace an id that `validate` does not accept',
    options: { validate: (id) => id.startsWith('ok') },
    headers: sendsMyId,
    rejected: (myid) => myid,
  },
  {
    id: 'replace-repeated-validate',
    title: 'replace a header that is sent twice although `validate` accepts everything',
    options: { validate: () => true },
    headers: () => ({ 'X-Request-ID': ['a', 'b'] }),
    rejected: () => 'a%2C%20b',
  },
  {
    id: 'replace-on-invalid',
    title: 'call an `onInvalid` function with what was sent, then replace it',
    options: { onInvalid: (raw) => void calls.push(raw) },
    headers: (myid) => sendsMyId(`<${myid}>`),
    rejected: (myid) => `%3C${myid}%3E`,
    prepare() {
      calls.length = 0;
      return () => {};
    },
    after() {
      assert.notEqual(calls.length, 0);
      assert.equal(new Set(calls).size, calls.length, 'one call a request');
      assert(calls.every((raw) => /^<[^<>]+>$/.test(String(raw))));
    },
  },
];

/** Which ids of clients are replaced by fresh ones. */
export const replaceScenarios: readonly HttpScenario[] = [
  ...cases.map(policyScenario),
  ...(
    [
      ['validate-throws', '`validate` throws', { validate: throwOnPurpose }],
      ['validate-promise', '`validate` returns a promise', { validate: promise }],
      ['on-invalid-throws', '`onInvalid` throws', { validate: no, onInvalid: throwOnPurpose }],
      ['on-invalid-promise', '`onInvalid` returns a promise', { validate: no, onInvalid: promise }],
    ] as const
  ).map(([id, what, options]) =>
    failingOption({
      id: `replace-${id}`,
      title: `respond with 500 and a fresh id where ${what}`,
      options: options as RequestIdOptions<unknown>,
      fails: 'with an id',
    }),
  ),
  {
    id: 'replace-control-bytes',
    title: "leave ids that hold control bytes to the server's parser, and handle the next request",
    needs: ['node'],
    probes: [],
    routes: { 'GET /': (x) => x.send() },
    async visit(client) {
      for (const byte of ['\0', '\x01', '\x1b', '\x7f']) {
        const { hostname, port } = new URL(client.url);
        const socket = connect(Number(port), hostname);
        socket.write(`GET / HTTP/1.1\r\nHost: x\r\nX-Request-ID: a${byte}b\r\n\r\n`, 'latin1');
        const response = Buffer.concat(await socket.toArray()).toString('latin1');
        assert.match(response, /^HTTP\/1.1 400 /);
      }
      await client.send('/');
    },
  },
];
