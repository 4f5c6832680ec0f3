/** The redirect binding (SAML Bindings §3.4): deflated, in the query, signed over the query's own characters. */
import { constants, sign, verify, X509Certificate } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { SIGNATURE_ALGORITHMS } from '../../core/saml/guard.ts';
import { LoginRefused } from '../../core/saml/reason.ts';

const RSA_SHA256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256';
const MAX_QUERY = 16_384;
const MAX_INFLATED = 65_536;

export interface OutgoingMessage {
  readonly url: string;
  readonly parameter: 'SAMLRequest' | 'SAMLResponse';
  readonly xml: string;
  readonly relayState: string | null;
  /** PEM. */
  readonly privateKey: string;
}

/** The address that carries a signed message to a provider. */
export function redirectTo({ url, parameter, xml, relayState, privateKey }: OutgoingMessage): string {
  const message = deflateRawSync(Buffer.from(xml, 'utf8')).toString('base64');
  const parts: [string, string][] = [
    [parameter, message],
    ...(relayState === null ? [] : [['RelayState', relayState] as [string, string]]),
    ['SigAlg', RSA_SHA256],
  ];
  const signed = parts.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
  const signature = sign('sha256', Buffer.from(signed), privateKey).toString('base64');
  return `${url}${url.includes('?') ? '&' : '?'}${signed}&Signature=${encodeURIComponent(signature)}`;
}

export interface IncomingMessage {
  readonly parameter: 'SAMLRequest' | 'SAMLResponse';
  readonly xml: string;
  readonly relayState: string | null;
}

const PARAMETERS = ['SAMLRequest', 'SAMLResponse', 'RelayState', 'SigAlg', 'Signature'];

/**
 * Reads a message whose signature is one of the provider's. Refuses parameters that come twice or do not belong, a
 * message without signature, an algorithm that is not accepted, another signature, and what inflates beyond bounds.
 */
export function readRedirect(query: string, certificates: readonly string[]): IncomingMessage {
  const raw = rawParameters(query);
  const parameter = raw.has('SAMLRequest') ? 'SAMLRequest' : 'SAMLResponse';
  if (raw.has('SAMLRequest') === raw.has('SAMLResponse')) throw new LoginRefused('logout.parameters');
  const signature = raw.get('Signature');
  const algorithm = decode(raw.get('SigAlg') ?? '');
  if (signature === undefined || algorithm === '') throw new LoginRefused('logout.unsigned');
  if (!SIGNATURE_ALGORITHMS.has(algorithm)) throw new LoginRefused('logout.algorithm');
  // Over the characters that came: encoded anew they may differ.
  const signed = [parameter, 'RelayState', 'SigAlg']
    .flatMap((name) => (raw.has(name) ? [`${name}=${raw.get(name) ?? ''}`] : []))
    .join('&');
  const isGood = certificates.some((certificate) =>
    isSigned({ certificate, algorithm, signed, signature: Buffer.from(decode(signature), 'base64') }),
  );
  if (!isGood) throw new LoginRefused('logout.signature');
  const relayState = raw.get('RelayState');
  return {
    parameter,
    xml: inflate(decode(raw.get(parameter) ?? '')),
    relayState: relayState === undefined ? null : decode(relayState),
  };
}

function rawParameters(query: string): Map<string, string> {
  if (query.length > MAX_QUERY) throw new LoginRefused('logout.encoding');
  const raw = new Map<string, string>();
  for (const part of query.split('&').filter((text) => text !== '')) {
    const at = part.indexOf('=');
    const name = at < 0 ? part : part.slice(0, at);
    if (!PARAMETERS.includes(name) || raw.has(name)) throw new LoginRefused('logout.parameters');
    raw.set(name, at < 0 ? '' : part.slice(at + 1));
  }
  return raw;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new LoginRefused('logout.encoding');
  }
}

interface Signed {
  readonly certificate: string;
  readonly algorithm: string;
  readonly signed: string;
  readonly signature: Buffer;
}

function isSigned({ certificate, algorithm, signed, signature }: Signed): boolean {
  const [family = '', hash = ''] = algorithm.slice(algorithm.indexOf('#') + 1).split('-');
  const key = new X509Certificate(Buffer.from(certificate, 'base64')).publicKey;
  if (family === 'rsa' && key.asymmetricKeyType === 'rsa') {
    return verify(hash, Buffer.from(signed), { key, padding: constants.RSA_PKCS1_PADDING }, signature);
  }
  if (family === 'ecdsa' && key.asymmetricKeyType === 'ec') {
    return verify(hash, Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }, signature);
  }
  return false;
}

function inflate(text: string): string {
  try {
    const bytes = inflateRawSync(Buffer.from(text, 'base64'), { maxOutputLength: MAX_INFLATED });
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new LoginRefused('logout.encoding');
  }
}
