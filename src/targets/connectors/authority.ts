/** Certificates that a target's own is checked by, as a setting. */
import { X509Certificate } from 'node:crypto';
import { z } from 'zod';

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** One or more certificates in PEM; what is none would only show as a server that cannot be verified. */
export const authority = z
  .string()
  .refine(holdsCertificates, 'must be certificates in PEM (-----BEGIN CERTIFICATE-----), not a path');

function holdsCertificates(text: string): boolean {
  const blocks = text.match(BLOCK) ?? [];
  return blocks.length > 0 && blocks.every(isCertificate);
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
