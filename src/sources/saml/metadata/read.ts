/** Reading a provider's metadata (SAML Metadata §2, shibmd:Scope, mdui), alone or out of a federation's aggregate. */
import { X509Certificate } from 'node:crypto';
import type { Scope } from '../../../core/saml/attributes.ts';
import { takeCensus } from '../../../core/saml/census.ts';
import type { ProviderMetadata } from '../../../core/saml/provider.ts';
import { isLoopbackHost } from '../../../http/site.ts';
import {
  attributeOf,
  childNamed,
  childrenNamed,
  type Element,
  everyElement,
  instantIn,
  isNamed,
  parseXml,
  textIn,
} from '../verify/dom.ts';
import { isSignedBy } from './signature.ts';

export interface MetadataTask {
  readonly xml: string;
  /** Which provider; null for the only one that there is. */
  readonly entityId: string | null;
  /** PEM; null for metadata that nobody has to have signed. */
  readonly signer: string | null;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export type MetadataRead =
  | { readonly kind: 'read'; readonly provider: ProviderMetadata }
  | { readonly kind: 'faulty'; readonly why: string };

const REDIRECT = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect';
const SAML2 = 'urn:oasis:names:tc:SAML:2.0:protocol';

class Faulty extends Error {}

/** Reads and checks; says in a sentence what is wrong with metadata that cannot be used. */
export function readMetadata(task: MetadataTask): MetadataRead {
  try {
    return { kind: 'read', provider: readProvider(task) };
  } catch (error) {
    if (error instanceof Faulty) return { kind: 'faulty', why: error.message };
    throw error;
  }
}

function readProvider({ xml, entityId, signer, now }: MetadataTask): ProviderMetadata {
  const { doctypes, entities, isBalanced } = takeCensus(xml);
  if (doctypes + entities > 0) throw new Faulty('They hold a document type or refer to entities.');
  const root = isBalanced ? parseXml(xml) : null;
  if (root === null) throw new Faulty('They are no well-formed XML.');
  if (signer !== null && !isSignedBy(xml, root, signer)) {
    throw new Faulty('They are not signed by the certificate that was given for them.');
  }
  const entity = findEntity(root, entityId);
  const validUntil = earliestEnd(entity);
  if (validUntil !== null && !(validUntil > now)) {
    throw new Faulty(`They were valid until ${attributeOf(root, 'validUntil') ?? 'a time in the past'}.`);
  }
  return providerOf(entity, validUntil);
}

function findEntity(root: Element, entityId: string | null): Element {
  const providers = everyElement(root).filter(
    (element) => isNamed(element, 'metadata', 'EntityDescriptor') && descriptorOf(element) !== null,
  );
  const fitting =
    entityId === null ? providers : providers.filter((one) => attributeOf(one, 'entityID') === entityId);
  const [only, another] = fitting;
  if (only === undefined) {
    throw new Faulty(
      entityId === null ? 'They describe no identity provider.' : `They do not describe ${entityId}.`,
    );
  }
  if (another === undefined) return only;
  if (entityId !== null) throw new Faulty(`They describe ${entityId} twice.`);
  throw new Faulty(`They describe ${providers.length} identity providers; say which one by its entity id.`);
}

function descriptorOf(entity: Element): Element | null {
  const descriptors = childrenNamed(entity, 'metadata', 'IDPSSODescriptor');
  return (
    descriptors.find((one) =>
      (attributeOf(one, 'protocolSupportEnumeration') ?? '').split(/\s+/).includes(SAML2),
    ) ?? null
  );
}

/** Of the entity and everything around it; null where nothing ends. */
function earliestEnd(entity: Element): number | null {
  const ends: number[] = [];
  for (let element: Element | null = entity; element !== null; element = parentOf(element)) {
    const text = attributeOf(element, 'validUntil');
    if (text !== null) ends.push(instantIn(text));
  }
  if (ends.some(Number.isNaN)) throw new Faulty('validUntil is no time in UTC.');
  return ends.length === 0 ? null : Math.min(...ends);
}

function parentOf({ parentNode }: Element): Element | null {
  return parentNode?.nodeType === 1 ? (parentNode as Element) : null;
}

function providerOf(entity: Element, validUntil: number | null): ProviderMetadata {
  const descriptor = descriptorOf(entity);
  if (descriptor === null) throw new Faulty('They describe no identity provider.');
  const logout = childrenNamed(descriptor, 'metadata', 'SingleLogoutService').find(isRedirect);
  const login = childrenNamed(descriptor, 'metadata', 'SingleSignOnService').find(isRedirect);
  if (login === undefined) throw new Faulty('They name no SingleSignOnService by HTTP-Redirect.');
  const certificates = certificatesOf(descriptor);
  if (certificates.length === 0) throw new Faulty('They hold no certificate to check signatures with.');
  return {
    entityId: attributeOf(entity, 'entityID') ?? '',
    title: titleOf(descriptor),
    certificates,
    loginUrl: addressOf(login, 'Location'),
    logoutUrl: logout === undefined ? null : addressOf(logout, 'Location'),
    logoutAnswerUrl:
      logout === undefined
        ? null
        : addressOf(
            logout,
            attributeOf(logout, 'ResponseLocation') === null ? 'Location' : 'ResponseLocation',
          ),
    wantsSignedRequests: ['true', '1'].includes(attributeOf(descriptor, 'WantAuthnRequestsSigned') ?? ''),
    scopes: [...scopesOf(descriptor), ...scopesOf(entity)],
    validUntil: validUntil === null ? null : new Date(validUntil).toISOString(),
  };
}

function isRedirect(element: Element): boolean {
  return attributeOf(element, 'Binding') === REDIRECT;
}

function addressOf(element: Element, attribute: string): string {
  const text = attributeOf(element, attribute) ?? '';
  const url = URL.canParse(text) ? new URL(text) : null;
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackHost(url.hostname));
  if (!isSafe)
    throw new Faulty(`${text === '' ? 'An empty address' : text} is no address that starts with https://.`);
  return text;
}

/** Keys for signing, and those that are for everything. */
function certificatesOf(descriptor: Element): string[] {
  const found = childrenNamed(descriptor, 'metadata', 'KeyDescriptor')
    .filter((key) => attributeOf(key, 'use') !== 'encryption')
    .flatMap(everyElement)
    .filter((element) => isNamed(element, 'signature', 'X509Certificate'))
    .map((element) => textIn(element).replaceAll(/\s+/g, ''));
  for (const certificate of found) {
    try {
      new X509Certificate(Buffer.from(certificate, 'base64'));
    } catch {
      throw new Faulty('A certificate cannot be read.');
    }
  }
  return [...new Set(found)];
}

function scopesOf(element: Element): Scope[] {
  const extensions = childNamed(element, 'metadata', 'Extensions');
  if (extensions === null) return [];
  return childrenNamed(extensions, 'shibboleth', 'Scope').map((scope) => ({
    value: textIn(scope),
    isPattern: ['true', '1'].includes(attributeOf(scope, 'regexp') ?? ''),
  }));
}

function titleOf(descriptor: Element): string | null {
  const names = everyElement(descriptor).filter((element) => isNamed(element, 'ui', 'DisplayName'));
  const english = names.find((element) => attributeOf(element, 'xml:lang') === 'en') ?? names[0];
  return english === undefined ? null : textIn(english);
}
