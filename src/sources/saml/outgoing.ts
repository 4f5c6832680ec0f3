/** Messages that we send to a provider (SAML Core §3.4, §3.7). */
import type { NameId } from '../../core/saml/message.ts';
import type { OwnAddresses } from './addresses.ts';
import { element, escapeXml } from './xml-text.ts';

const namespaces = {
  'xmlns:samlp': 'urn:oasis:names:tc:SAML:2.0:protocol',
  'xmlns:saml': 'urn:oasis:names:tc:SAML:2.0:assertion',
};
const POST = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST';
const SUCCESS = 'urn:oasis:names:tc:SAML:2.0:status:Success';

export interface Heading {
  readonly id: string;
  readonly at: Date;
  readonly destination: string;
  readonly own: OwnAddresses;
}

/** Asks for a login; the provider chooses how it names the person and how it knows them. */
export function authnRequest(heading: Heading): string {
  return element(
    'samlp:AuthnRequest',
    { ...headed(heading), ProtocolBinding: POST, AssertionConsumerServiceURL: heading.own.acs },
    issuer(heading),
    element('samlp:NameIDPolicy', { AllowCreate: 'true' }),
  );
}

/** Asks for the end of a session: the person is named just as the provider named them. */
export function logoutRequest(
  heading: Heading,
  { nameId, sessionIndex }: { readonly nameId: NameId; readonly sessionIndex: string | null },
): string {
  const { value, format, nameQualifier, spNameQualifier } = nameId;
  const named = {
    Format: format === '' ? null : format,
    NameQualifier: nameQualifier,
    SPNameQualifier: spNameQualifier,
  };
  return element(
    'samlp:LogoutRequest',
    { ...headed(heading), Reason: 'urn:oasis:names:tc:SAML:2.0:logout:user' },
    issuer(heading),
    element('saml:NameID', named, escapeXml(value)),
    ...(sessionIndex === null ? [] : [element('samlp:SessionIndex', {}, escapeXml(sessionIndex))]),
  );
}

/** Says that a logout was done. */
export function logoutResponse(heading: Heading, inResponseTo: string): string {
  return element(
    'samlp:LogoutResponse',
    { ...headed(heading), InResponseTo: inResponseTo },
    issuer(heading),
    element('samlp:Status', {}, element('samlp:StatusCode', { Value: SUCCESS })),
  );
}

function headed({ id, at, destination }: Heading): Readonly<Record<string, string>> {
  const instant = at.toISOString().replace(/\.\d+Z$/, 'Z');
  return { ...namespaces, ID: id, Version: '2.0', IssueInstant: instant, Destination: destination };
}

function issuer({ own }: Heading): string {
  return element('saml:Issuer', {}, escapeXml(own.entityId));
}
