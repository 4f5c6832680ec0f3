/** So many answers a second from one address, saved up for some seconds: checking signatures is work. */
import { isIP } from 'node:net';

const A_SECOND = 10;
const SAVED_UP = 60;
const MOST_ADDRESSES = 20_000;

/** Counts a request of an address; false for one too many. `now` gives milliseconds of a clock that never goes back. */
export function limitAddresses(now: () => number): (address: string) => boolean {
  const buckets = new Map<string, { left: number; at: number }>();
  return (address) => {
    const key = networkOf(address);
    const bucket = buckets.get(key) ?? { left: SAVED_UP, at: now() };
    bucket.left = Math.min(SAVED_UP, bucket.left + ((now() - bucket.at) / 1_000) * A_SECOND);
    bucket.at = now();
    if (buckets.size >= MOST_ADDRESSES) buckets.clear();
    buckets.set(key, bucket);
    if (bucket.left < 1) return false;
    bucket.left -= 1;
    return true;
  };
}

/** Whoever has one address of IPv6 has 2^64 of them. */
function networkOf(address: string): string {
  if (isIP(address) !== 6 || address.startsWith('::ffff:')) return address;
  const [before = [], after = []] = address.split('::').map((half) => half.split(':').filter(Boolean));
  const zeros = address.includes('::') ? Array<string>(8 - before.length - after.length).fill('0') : [];
  return [...before, ...zeros, ...after].slice(0, 4).join(':');
}
