import ipaddr from 'ipaddr.js';
import { describe, InvalidOptionError } from './errors.ts';

/** Who is at the other end of a socket: an IP address, `'unix'` for a Unix domain socket, or unknown. */
export type Peer = string | undefined;

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number];

const loopback: readonly Range[] = [ipaddr.parseCIDR('127.0.0.0/8'), ipaddr.parseCIDR('::1/128')];

/**
 * Makes a test of peers out of `'loopback'`, IP addresses and CIDR ranges. IPv4 addresses that come
 * mapped into IPv6 (`::ffff:10.0.0.1`) count as IPv4; a Unix domain socket counts as loopback, as
 * only this machine can reach it; a peer that is not known is never trusted.
 *
 * @throws {InvalidOptionError} when an entry is none of these
 */
export function compileTrust(entries: readonly string[]): (peer: Peer) => boolean {
  const ranges = entries.flatMap((entry) =>
    entry === 'loopback' ? loopback : [parseRange(entry)],
  );
  const trustsUnix = entries.includes('loopback');
  return (peer) => {
    if (peer === undefined) return false;
    if (peer === 'unix') return trustsUnix;
    if (!ipaddr.isValid(peer)) return false;
    const address = ipaddr.process(peer);
    return ranges.some(
      ([network, bits]) => network.kind() === address.kind() && address.match(network, bits),
    );
  };
}

function parseRange(entry: string): Range {
  const [host = '', bits, ...rest] = entry.split('/');
  // ipaddr.js also takes '10.1' and '0x7f.1': forms that hide a typing error.
  const isAddress = ipaddr.IPv6.isValid(host) || ipaddr.IPv4.isValidFourPartDecimal(host);
  if (isAddress && rest.length === 0) {
    const address = ipaddr.parse(host);
    const longest = address.kind() === 'ipv4' ? 32 : 128;
    const length = bits === undefined ? longest : /^\d{1,3}$/.test(bits) ? Number(bits) : -1;
    if (length >= 0 && length <= longest) {
      return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() && length >= 96
        ? [address.toIPv4Address(), length - 96]
        : [address, length];
    }
  }
  throw new InvalidOptionError(
    'trust',
    `holds ${describe(entry)}, which is no IP address, no CIDR range such as '10.0.0.0/8', and not 'loopback'.`,
  );
}
