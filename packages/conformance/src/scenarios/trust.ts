import type { RequestIdOptions } from '@request-context/core';
import { failingOption, throwOnPurpose } from '../failing-option.ts';
import type { HttpScenario } from '../http-scenario.ts';
import { policyScenario } from '../policy-case.ts';

/** A value of the option, as the title names it; and whether it trusts 127.0.0.1. */
type Trust = [id: string, what: string, trust: RequestIdOptions<unknown>['trust'], isIn: boolean];

const trusts: readonly Trust[] = [
  ['everybody', '`trust` is true', true, true],
  ['nobody', '`trust` is false', false, false],
  ['loopback', "`trust` is 'loopback'", 'loopback', true],
  ['address', '`trust` is its address', '127.0.0.1', true],
  ['other-address', '`trust` is another address', '192.0.2.1', false],
  ['range', '`trust` is a range that holds its address', '127.0.0.0/8', true],
  ['other-range', '`trust` is another range', '10.0.0.0/8', false],
  ['list', '`trust` lists its address', ['10.0.0.0/8', '127.0.0.1'], true],
  ['ipv6', '`trust` is a range of IPv6', '::/0', false],
  ['function', '`trust` returns true', () => true, true],
  ['function-false', '`trust` returns false', () => false, false],
];

/** Whose ids are adopted. */
export const trustScenarios: readonly HttpScenario[] = [
  ...trusts.map(([id, what, trust, isTrusted]) =>
    policyScenario({
      id: `trust-${id}`,
      title: `${isTrusted ? 'adopt' : 'replace'} the id of a peer where ${what}, regardless of forwarding headers`,
      options: { trust },
      headers: (myid) => ({
        'X-Request-ID': myid,
        'X-Forwarded-For': isTrusted ? '198.51.100.1' : '127.0.0.1, 192.0.2.1, 10.0.0.1',
        Forwarded: `for=${isTrusted ? '198.51.100.1' : '192.0.2.1'}`,
        'X-Real-IP': isTrusted ? '198.51.100.1' : '10.0.0.1',
      }),
      ...(isTrusted ? { adopted: (myid: string) => myid } : { rejected: (myid: string) => myid }),
    }),
  ),
  policyScenario({
    id: 'trust-invalid',
    title: 'replace an invalid id of a peer that is not trusted, and not reject it',
    options: { trust: false, onInvalid: 'reject' },
    headers: () => ({ 'X-Request-ID': '<>' }),
    rejected: () => '%3C%3E',
  }),
  failingOption({
    id: 'trust-throws',
    title: 'respond with 500 and a fresh id where `trust` throws',
    options: { trust: throwOnPurpose },
    fails: 'with an id',
  }),
  failingOption({
    id: 'trust-promise',
    title: 'respond with 500 and a fresh id where `trust` returns a promise',
    options: { trust: () => Promise.resolve(true) as never },
    fails: 'with an id',
  }),
];
