/** Resolving a host name to addresses that may be connected to, as part of connecting. */
import { lookup as dnsLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';

/** Why an address may not be connected to, as a sentence; null when it may. */
export type AddressRule = (address: string) => string | null;

/**
 * A lookup that answers only addresses that the rule lets pass. The check is part of the very lookup whose
 * result is connected to, so a name that answers differently the second time (DNS rebinding) gains nothing.
 */
export function checkedLookup(faultOf: AddressRule): LookupFunction {
  return (hostname, options, callback) => {
    dnsLookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) {
        callback(error, []);
        return;
      }
      const good = addresses.filter(({ address }) => faultOf(address) === null);
      const [first] = good;
      if (first === undefined) {
        const faults = addresses.map(({ address }) => faultOf(address)).join('; ');
        callback(new Error(`${hostname}: ${faults}`), []);
      } else if (options.all === true) callback(null, good);
      else callback(null, first.address, first.family);
    });
  };
}
