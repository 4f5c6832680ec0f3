/**
 * A certificate that signs itself (RFC 5280 §4.1): what SAML metadata carry a public key in. Providers compare the
 * key and look at nothing else, so it holds as little as may be.
 */
import { createPrivateKey, createPublicKey, sign } from 'node:crypto';

export interface CertificateParts {
  /** PEM of an RSA key. */
  readonly privateKey: string;
  readonly commonName: string;
  /** Random bytes, 16 of them. */
  readonly serial: Buffer;
  readonly from: Date;
  readonly until: Date;
}

const TAG = {
  integer: 0x02,
  bits: 0x03,
  nothing: 0x05,
  oid: 0x06,
  text: 0x0c,
  time: 0x18,
  sequence: 0x30,
  set: 0x31,
};

const SHA256_WITH_RSA = Buffer.from('2a864886f70d01010b', 'hex');
const COMMON_NAME = Buffer.from('550403', 'hex');

/** The certificate in DER. */
export function makeCertificate({ privateKey, commonName, serial, from, until }: CertificateParts): Buffer {
  const algorithm = der(TAG.sequence, der(TAG.oid, SHA256_WITH_RSA), der(TAG.nothing));
  const name = der(
    TAG.sequence,
    der(
      TAG.set,
      der(TAG.sequence, der(TAG.oid, COMMON_NAME), der(TAG.text, Buffer.from(commonName, 'utf8'))),
    ),
  );
  const key = createPublicKey(createPrivateKey(privateKey)).export({ type: 'spki', format: 'der' });
  const content = der(
    TAG.sequence,
    der(TAG.integer, positive(serial)),
    algorithm,
    name,
    der(TAG.sequence, time(from), time(until)),
    name,
    key,
  );
  const signature = sign('sha256', content, privateKey);
  return der(TAG.sequence, content, algorithm, der(TAG.bits, Buffer.concat([Buffer.of(0), signature])));
}

function der(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.of(tag), lengthOf(body.length), body]);
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length);
  const bytes = Buffer.from(length.toString(16).padStart(length > 0xff ? 4 : 2, '0'), 'hex');
  return Buffer.concat([Buffer.of(0x80 + bytes.length), bytes]);
}

/** The first bit says the sign, and a number starts with no needless zero. */
function positive(serial: Buffer): Buffer {
  const bytes = Buffer.from(serial);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes;
}

function time(moment: Date): Buffer {
  return der(TAG.time, Buffer.from(moment.toISOString().replaceAll(/[-:T]|\.\d+/g, ''), 'latin1'));
}
