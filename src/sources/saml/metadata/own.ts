import type { OwnAddresses } from '../addresses.ts';
import { element, escapeXml } from '../xml-text.ts';

const POST = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST';
const REDIRECT = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect';
const PROTOCOL = 'urn:oasis:names:tc:SAML:2.0:protocol';
const URI = 'urn:oasis:names:tc:SAML:2.0:attrname-format:uri';

/** What we ask for (by OID), for providers that go by it. */
const requested = [
  ['urn:oid:1.3.6.1.4.1.5923.1.1.1.1', 'eduPersonAffiliation'],
  ['urn:oid:1.3.6.1.4.1.5923.1.1.1.9', 'eduPersonScopedAffiliation'],
  ['urn:oid:1.3.6.1.4.1.5923.1.1.1.10', 'eduPersonTargetedID'],
  ['urn:oid:1.3.6.1.4.1.5923.1.1.1.6', 'eduPersonPrincipalName'],
  ['urn:oasis:names:tc:SAML:attribute:pairwise-id', 'pairwise-id'],
  ['urn:oid:0.9.2342.19200300.100.1.1', 'uid'],
  ['urn:oid:0.9.2342.19200300.100.1.3', 'mail'],
  ['urn:oid:2.16.840.1.113730.3.1.241', 'displayName'],
  ['urn:oid:2.5.4.42', 'givenName'],
  ['urn:oid:2.5.4.4', 'sn'],
] as const;

/**
 * Our metadata for one provider (SAML Metadata §2.4.4): every key that is published, for signatures only, so that
 * nobody encrypts to us; answers by POST, logout by redirect.
 */
export function ownMetadata(
  { entityId, acs, logout }: OwnAddresses,
  certificates: readonly string[],
): string {
  const keys = certificates.map((certificate) =>
    element(
      'md:KeyDescriptor',
      { use: 'signing' },
      element(
        'ds:KeyInfo',
        {},
        element('ds:X509Data', {}, element('ds:X509Certificate', {}, escapeXml(certificate))),
      ),
    ),
  );
  const service = element(
    'md:AttributeConsumingService',
    { index: '0' },
    element('md:ServiceName', { 'xml:lang': 'en' }, 'Muster'),
    ...requested.map(([name, friendly]) =>
      element('md:RequestedAttribute', { Name: name, NameFormat: URI, FriendlyName: friendly }),
    ),
  );
  const descriptor = element(
    'md:SPSSODescriptor',
    { protocolSupportEnumeration: PROTOCOL, AuthnRequestsSigned: 'true', WantAssertionsSigned: 'true' },
    ...keys,
    element('md:SingleLogoutService', { Binding: REDIRECT, Location: logout }),
    element('md:AssertionConsumerService', { Binding: POST, Location: acs, index: '0', isDefault: 'true' }),
    service,
  );
  const namespaces = {
    'xmlns:md': 'urn:oasis:names:tc:SAML:2.0:metadata',
    'xmlns:ds': 'http://www.w3.org/2000/09/xmldsig#',
  };
  return `<?xml version="1.0"?>\n${element('md:EntityDescriptor', { ...namespaces, entityID: entityId }, descriptor)}\n`;
}
