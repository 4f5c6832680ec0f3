/** Checking one response: the envelope line by line, its signature by the library, then only what was signed. */
import { SAML, ValidateInResponseTo } from '@node-saml/node-saml';
import { envelopeChecks, type Expected } from '../../../core/saml/guard.ts';
import type { Envelope, SignedAssertion } from '../../../core/saml/message.ts';
import { firstFailing, type LoginReason } from '../../../core/saml/reason.ts';
import { readAssertion } from './assertion.ts';
import { parseXml } from './dom.ts';
import { readEnvelope } from './envelope.ts';

export interface ResponseTask {
  readonly xml: string;
  readonly expected: Expected;
  /** Base64 of DER. */
  readonly certificates: readonly string[];
  readonly wantResponseSigned: boolean;
}

export type ResponseRead =
  | { readonly kind: 'read'; readonly envelope: Envelope; readonly assertion: SignedAssertion }
  | { readonly kind: 'refused'; readonly reason: LoginReason };

const refused = (reason: LoginReason): ResponseRead => ({ kind: 'refused', reason });

/**
 * Reads a response whose signature is good. What may take long with a text made for it happens here, which is why it
 * runs in a thread of its own (pool.ts).
 */
export async function verifyResponse(task: ResponseTask, checks = envelopeChecks): Promise<ResponseRead> {
  const root = parseXml(task.xml);
  if (root === null) return refused('xml.malformed');
  const envelope = readEnvelope(root);
  const failing = firstFailing(checks, { envelope, expected: task.expected });
  if (failing !== null) return refused(failing);
  const signed = await signedAssertion(task);
  const element = signed === null ? null : parseXml(signed);
  const assertion = element === null ? null : readAssertion(element);
  return assertion === null ? refused('signature.invalid') : { kind: 'read', envelope, assertion };
}

/**
 * The text of the assertion that was signed; null when the signature is not good. Times and audience are checked by
 * our own lines afterwards, each under its own code, and requests are consumed in the database: so the library does
 * neither.
 */
async function signedAssertion({
  xml,
  expected,
  certificates,
  wantResponseSigned,
}: ResponseTask): Promise<string | null> {
  const saml = new SAML({
    callbackUrl: expected.acs,
    issuer: expected.audience,
    idpIssuer: expected.issuer,
    idpCert: [...certificates],
    wantAssertionsSigned: true,
    wantAuthnResponseSigned: wantResponseSigned,
    signatureAlgorithm: 'sha256',
    digestAlgorithm: 'sha256',
    disableRequestedAuthnContext: true,
    validateInResponseTo: ValidateInResponseTo.never,
    audience: false,
    acceptedClockSkewMs: TIMES_ARE_OURS,
  });
  try {
    const { profile } = await saml.validatePostResponseAsync({
      SAMLResponse: Buffer.from(xml, 'utf8').toString('base64'),
    });
    return profile?.getAssertionXml?.() ?? null;
  } catch {
    return null;
  }
}

/** The library's word for not looking at times. */
const TIMES_ARE_OURS = -1;
