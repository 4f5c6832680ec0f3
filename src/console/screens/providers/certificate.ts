import { X509Certificate } from 'node:crypto';

export interface ShownCertificate {
  readonly subject: string;
  readonly until: Date;
}

/** Whose a certificate is and how long it is good; null for what is none. `text` is base64 of DER. */
export function readCertificate(text: string): ShownCertificate | null {
  try {
    const { subject, validTo } = new X509Certificate(Buffer.from(text, 'base64'));
    return { subject: subject.replaceAll('\n', ', '), until: new Date(validTo) };
  } catch {
    return null;
  }
}

/** The last moment at which one of them is still good; null where none can be read. */
export function lastGoodUntil(certificates: readonly string[]): Date | null {
  const ends = certificates
    .map(readCertificate)
    .flatMap((each) => (each === null ? [] : [each.until.getTime()]));
  return ends.length === 0 ? null : new Date(Math.max(...ends));
}
