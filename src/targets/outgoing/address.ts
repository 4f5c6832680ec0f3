/**
 * Which addresses Muster may connect to on behalf of a target. A target's URL is typed by a person and its name
 * is resolved by a server that we do not know, so it could point into our own network (SSRF).
 */
import { BlockList, isIP } from 'node:net';

type Family = 'ipv4' | 'ipv6';
type Range = readonly [network: string, prefix: number, family: Family];

/** Networks of one's own: allowed only to targets whose settings say so. */
const PRIVATE: readonly Range[] = [
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['198.18.0.0', 15, 'ipv4'],
  ['::1', 128, 'ipv6'],
  ['fc00::', 7, 'ipv6'],
];

/** Never a target: this host, link-local (cloud metadata lives there), multicast, documentation, reserved. */
const NEVER: readonly Range[] = [
  ['0.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['192.0.0.0', 24, 'ipv4'],
  ['192.0.2.0', 24, 'ipv4'],
  ['192.88.99.0', 24, 'ipv4'],
  ['198.51.100.0', 24, 'ipv4'],
  ['203.0.113.0', 24, 'ipv4'],
  ['224.0.0.0', 3, 'ipv4'],
  ['::', 128, 'ipv6'],
  ['fd00:ec2::', 32, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
  ['2001:db8::', 32, 'ipv6'],
  // These carry an IPv4 address inside that a translator or tunnel would connect to.
  ['64:ff9b::', 32, 'ipv6'],
  ['2001::', 32, 'ipv6'],
  ['2002::', 16, 'ipv6'],
];

const privateList = listOf(PRIVATE);
const neverList = listOf(NEVER);
/** Everything that IPv6 has in public use. */
const publicV6 = listOf([['2000::', 3, 'ipv6']]);

function listOf(ranges: readonly Range[]): BlockList {
  const list = new BlockList();
  for (const [network, prefix, family] of ranges) list.addSubnet(network, prefix, family);
  return list;
}

/** What kind of address this is; `never` also for a text that is no address. */
export function kindOfAddress(address: string): 'public' | 'private' | 'never' {
  const plain = withoutMapping(address);
  const version = isIP(plain);
  if (version === 0) return 'never';
  const family: Family = version === 4 ? 'ipv4' : 'ipv6';
  if (neverList.check(plain, family)) return 'never';
  if (privateList.check(plain, family)) return 'private';
  return family === 'ipv4' || publicV6.check(plain, family) ? 'public' : 'never';
}

const LINK_LOCAL = /^169\.254\.|^\[?fe[89ab]|^\[?fd00:ec2:|^::ffff:(a9fe:|169\.254\.)/i;

/** Why an address may not be connected to, as a sentence; null when it may. */
export function faultOfAddress(address: string, { allowPrivate }: { allowPrivate: boolean }): string | null {
  const kind = kindOfAddress(address);
  if (kind === 'public' || (kind === 'private' && allowPrivate)) return null;
  return kind === 'private'
    ? `${address} is a private address; set allowPrivate on the target if that is meant`
    : `${address} is ${LINK_LOCAL.test(address) ? 'a link-local address, where clouds keep their metadata,' : 'reserved'} and never a target`;
}

/** Why an address may not be spoken to without TLS, as a sentence; null when it may. */
export function faultInTheClear(address: string, rule: { allowPrivate: boolean }): string | null {
  return (
    faultOfAddress(address, rule) ??
    (kindOfAddress(address) === 'private'
      ? null
      : `${address} is a public address, which is only connected to with TLS`)
  );
}

/** Names under which clouds serve their metadata: whatever they resolve to, no target is there. */
const METADATA = /^(metadata|instance-data)(\.|$)|\.metadata\.|^metadata\.google\.internal$/;

/**
 * Why a host as a person writes it could never be connected to, as a sentence; null when it may, as far as can be
 * told without resolving: what a name resolves to is checked at every connection.
 */
export function faultOfHost(host: string, rule: { allowPrivate: boolean }): string | null {
  const name = host
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
  if (isIP(name) !== 0) return faultOfAddress(name, rule);
  if (METADATA.test(name)) return `${name} is a cloud's metadata service, never a target`;
  const isHere = name === 'localhost' || name.endsWith('.localhost');
  return isHere && !rule.allowPrivate ? faultOfAddress('127.0.0.1', rule) : null;
}

/** An IPv4 address written as IPv6 (`::ffff:a.b.c.d`, also in hexadecimal) is judged as the IPv4 address. */
function withoutMapping(address: string): string {
  const bare = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  if (isIP(bare) !== 6) return bare;
  const written = new URL(`http://[${bare}]/`).hostname.slice(1, -1);
  const match = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(written);
  if (match?.[1] === undefined || match[2] === undefined) return written;
  const [high, low] = [Number.parseInt(match[1], 16), Number.parseInt(match[2], 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
