/**
 * Connections to targets that do not speak HTTP, to checked addresses only and over verified TLS. Without TLS
 * only an address of a private network is connected to, whatever the name resolves to: a password must never
 * cross the open net.
 */
import { isIP, Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { faultInTheClear, faultOfAddress } from './address.ts';
import { type AddressRule, checkedLookup } from './checked-lookup.ts';

export interface SocketSettings {
  readonly allowPrivate: boolean;
  readonly tls: 'verify' | 'off';
  /** Authority in PEM that the target's certificate is checked by; the well-known ones when absent. */
  readonly ca?: string | undefined;
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Probes of an idle connection, so that a silent firewall is noticed before the next request. */
const KEEP_ALIVE_MS = 30_000;

function addressRule({ allowPrivate, tls }: SocketSettings): AddressRule {
  const faultOf = tls === 'verify' ? faultOfAddress : faultInTheClear;
  return (address) => faultOf(address, { allowPrivate });
}

/** A socket that a driver connects by itself (`connect(port, host)`), to a checked address or not at all. */
export class CheckedSocket extends Socket {
  readonly #faultOf: AddressRule;

  constructor(settings: SocketSettings) {
    super();
    this.#faultOf = addressRule(settings);
  }

  override connect(...[port, host]: readonly unknown[]): this {
    const fault = isIP(String(host)) === 0 ? null : this.#faultOf(String(host));
    if (fault !== null) return this.destroy(new Error(fault));
    this.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS);
    return super.connect({ port: Number(port), host: String(host), lookup: checkedLookup(this.#faultOf) });
  }
}

/** Connects, or rejects with the reason after at most `timeoutMs`. */
export function connectChecked(
  { host, port }: Endpoint,
  settings: SocketSettings,
  timeoutMs: number,
): Promise<Socket> {
  const socket = new CheckedSocket(settings);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => socket.destroy(new Error(`${host}:${port} did not answer in time`)),
      timeoutMs,
    );
    socket.once('error', reject);
    socket.once('close', () => clearTimeout(timer));
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', reject);
      resolve(socket);
    });
    socket.connect(port, host);
  });
}

/** Options under which TLS is always verified, against the name that the operator wrote. */
export function verifiedTls(host: string, { ca }: SocketSettings): ConnectionOptions {
  return {
    rejectUnauthorized: true,
    host,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === undefined ? {} : { ca }),
  };
}
