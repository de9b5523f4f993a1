import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { describe } from '../internal/describe.ts';
import { InvalidOptionError } from '../internal/invalid-option-error.ts';
import type { Peer } from './request-reader.ts';

/** The number of peers whose result is cached. */
const maxCached = 256;

/** All IPv4 addresses, mapped into IPv6: `::ffff:10.0.0.1`. */
const mapped = new BlockList();
mapped.addSubnet('::ffff:0:0', 96, 'ipv6');

/**
 * Returns a function that tests peers against `'loopback'`, IP addresses and CIDR ranges. IPv4 addresses that
 * are mapped into IPv6 (`::ffff:10.0.0.1`) count as IPv4; other forms, such as `::10.0.0.1`, do not. The zone
 * of a peer (`fe80::1%eth0`) is ignored. A Unix domain socket counts as loopback, as only this machine can
 * reach it. An unknown peer is never trusted.
 *
 * @throws {InvalidOptionError} when an entry is none of these
 */
export function compileTrust(entries: readonly string[]): (peer: Peer) => boolean {
  // IPv4 addresses are kept in their IPv6 form, apart: `::/0` is all of IPv6, and does not cover IPv4.
  const ranges = { ipv4: new BlockList(), ipv6: new BlockList() };
  const trustsUnix = entries.includes('loopback');
  for (const entry of entries) {
    for (const range of entry === 'loopback' ? ['127.0.0.0/8', '::1'] : [entry]) {
      const { address, bits } = parseRange(range);
      // A range that reaches beyond the mapped addresses is an IPv6 range.
      const family = bits >= 96 && mapped.check(address, 'ipv6') ? 'ipv4' : 'ipv6';
      ranges[family].addSubnet(address, bits, 'ipv6');
    }
  }

  function isTrusted(peer: string): boolean {
    const zone = isIPv6(peer) ? peer.indexOf('%') : -1;
    const address = toIPv6(zone === -1 ? peer : peer.slice(0, zone));
    if (address === undefined) return false;
    return ranges[mapped.check(address, 'ipv6') ? 'ipv4' : 'ipv6'].check(address, 'ipv6');
  }

  const cache = new Map<string, boolean>();
  return (peer) => {
    if (peer === undefined) return false;
    if (peer === 'unix') return trustsUnix;
    let result = cache.get(peer);
    if (result === undefined) {
      if (cache.size === maxCached) cache.clear();
      result = isTrusted(peer);
      cache.set(peer, result);
    }
    return result;
  };
}

/** Returns an address as IPv6; undefined for anything else, and for an address with a zone. */
function toIPv6(address: string): string | undefined {
  if (isIPv4(address)) return `::ffff:${address}`;
  return isIPv6(address) && !address.includes('%') ? address : undefined;
}

function parseRange(entry: string): { address: string; bits: number } {
  const [host = '', length, ...rest] = entry.split('/');
  const address = toIPv6(host);
  if (address !== undefined && rest.length === 0) {
    const added = isIPv4(host) ? 96 : 0;
    if (length === undefined) return { address, bits: 128 };
    const bits = /^\d{1,3}$/.test(length) ? Number(length) + added : -1;
    if (bits >= added && bits <= 128) return { address, bits };
  }
  throw new InvalidOptionError(
    'trust',
    `holds ${describe(entry)}, which is not an IP address, a CIDR range such as '10.0.0.0/8', or 'loopback'.`,
  );
}
