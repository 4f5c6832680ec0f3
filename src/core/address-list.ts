/** Lists of addresses and CIDR ranges that a client may come from. */
import { BlockList, isIP } from 'node:net';

/** What is wrong with an entry of such a list; null for an address or a range such as `192.0.2.0/24`. */
export function faultOfEntry(entry: string): string | null {
  const [network = '', prefix, ...rest] = entry.split('/');
  const version = isIP(network);
  if (version === 0 || rest.length > 0) return 'is neither an address nor a range such as 192.0.2.0/24';
  if (prefix === undefined) return null;
  const longest = version === 4 ? 32 : 128;
  const isPrefix = /^\d{1,3}$/.test(prefix) && Number(prefix) <= longest;
  return isPrefix ? null : `must have a prefix from 0 to ${longest}`;
}

/** True when the address is on the list. An IPv4 address that came in IPv6's clothes counts as itself. */
export function isAddressOn(entries: readonly string[], address: string): boolean {
  const plain = address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
  const list = new BlockList();
  for (const entry of entries) {
    const [network = '', prefix] = entry.split('/');
    const family = isIP(network) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(network, family);
    else list.addSubnet(network, Number(prefix), family);
  }
  return list.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4');
}
