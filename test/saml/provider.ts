import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { SignedXml } from 'xml-crypto';
import { makeCertificate } from '../../src/core/saml/certificate.ts';

/** A key with its certificate. */
export interface TestKey {
  readonly privateKey: string;
  /** Base64 of DER. */
  readonly certificate: string;
}

export function newKey(commonName = 'provider'): TestKey {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2_048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const [from, until] = [new Date(Date.now() - 86_400_000), new Date(Date.now() + 86_400_000)];
  const der = makeCertificate({ privateKey, commonName, serial: randomBytes(16), from, until });
  return { privateKey, certificate: der.toString('base64') };
}

const strangers = new Map<string, TestKey>();

/** A key that no provider has, made when it is first asked for. */
export function stranger(): TestKey {
  const key = strangers.get('stranger') ?? newKey('stranger');
  strangers.set('stranger', key);
  return key;
}

export const ENTITY = 'https://idp.example.org/metadata';
const NS =
  'xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"';
const EXC = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const ENVELOPED = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature';
export const RSA_SHA256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256';
const SHA256 = 'http://www.w3.org/2001/04/xmlenc#sha256';

/** Metadata of a provider; `inner` goes into its descriptor before the services. */
export function metadataOf(
  key: TestKey | readonly TestKey[],
  {
    entityId = ENTITY,
    scopes = ['example.org'],
    attributes = '',
    logout = 'https://idp.example.org/slo',
    login = 'https://idp.example.org/sso',
  } = {},
): string {
  const keys = Array.isArray(key) ? (key as readonly TestKey[]) : [key as TestKey];
  const extensions = scopes.map((scope) => `<shibmd:Scope regexp="false">${scope}</shibmd:Scope>`).join('');
  return `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#"
 xmlns:shibmd="urn:mace:shibboleth:metadata:1.0" entityID="${entityId}"${attributes}>
 <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
 <md:Extensions>${extensions}</md:Extensions>
 ${keys.map(({ certificate }) => `<md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>${certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`).join('')}
 <md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="${logout}"/>
 <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="${login}"/>
 </md:IDPSSODescriptor></md:EntityDescriptor>`;
}

/** What a request asked for. */
export interface Asked {
  readonly id: string;
  readonly relayState: string;
  readonly acs: string;
  readonly entityId: string;
}

export interface ResponseOptions {
  readonly key: TestKey;
  readonly sign?: readonly ('assertion' | 'response')[];
  readonly signatureAlgorithm?: string;
  readonly digestAlgorithm?: string;
  readonly transforms?: readonly string[];
  /** Changes the text before it is signed. */
  readonly before?: (xml: string) => string;
  /** Changes the text after it was signed. */
  readonly after?: (xml: string) => string;
  readonly assertionId?: string;
  readonly issuer?: string;
  readonly responseIssuer?: string | null;
  readonly destination?: string | null;
  readonly status?: string;
  readonly inResponseTo?: string | null;
  readonly responseInResponseTo?: string | null;
  readonly recipient?: string;
  readonly method?: string;
  readonly confirmedUntil?: string;
  readonly confirmedFrom?: string | null;
  readonly notBefore?: string;
  readonly notOnOrAfter?: string;
  readonly audience?: string;
  readonly conditions?: string;
  readonly sessionNotOnOrAfter?: string | null;
  readonly sessionIndex?: string;
  readonly authn?: string;
  readonly nameId?: string;
  readonly nameIdFormat?: string;
  readonly attributes?: Readonly<Record<string, readonly string[]>>;
  readonly rawAttributes?: string;
  readonly version?: string;
  readonly responseVersion?: string;
}

/** A moment so many seconds from now. */
export function inSeconds(seconds: number): string {
  return new Date(Date.now() + seconds * 1_000).toISOString().replace(/\.\d+Z$/, 'Z');
}

const attribute = (name: string, value: string | null): string =>
  value === null ? '' : ` ${name}="${value}"`;

/** A response to a request, good unless the options say otherwise. */
export function respond(asked: Asked, options: ResponseOptions): string {
  const id = options.assertionId ?? `_${randomBytes(12).toString('hex')}`;
  const inResponseTo = options.inResponseTo === undefined ? asked.id : options.inResponseTo;
  const outer = options.responseInResponseTo === undefined ? asked.id : options.responseInResponseTo;
  const responseIssuer = options.responseIssuer === undefined ? ENTITY : options.responseIssuer;
  const destination = options.destination === undefined ? asked.acs : options.destination;
  const conditions =
    options.conditions ??
    `<saml:Conditions NotBefore="${options.notBefore ?? inSeconds(-10)}" NotOnOrAfter="${options.notOnOrAfter ?? inSeconds(300)}">` +
      `<saml:AudienceRestriction><saml:Audience>${options.audience ?? asked.entityId}</saml:Audience></saml:AudienceRestriction></saml:Conditions>`;
  const attributes = Object.entries(options.attributes ?? { uid: ['alice'] })
    .map(
      ([name, values]) =>
        `<saml:Attribute Name="${name}">${values.map((value) => `<saml:AttributeValue>${value}</saml:AttributeValue>`).join('')}</saml:Attribute>`,
    )
    .join('');
  const authn =
    options.authn ??
    `<saml:AuthnStatement AuthnInstant="${inSeconds(-1)}" SessionIndex="${options.sessionIndex ?? 's1'}"${attribute('SessionNotOnOrAfter', options.sessionNotOnOrAfter ?? null)}><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>`;
  const assertion =
    `<saml:Assertion ID="${id}" Version="${options.version ?? '2.0'}" IssueInstant="${inSeconds(-1)}"><saml:Issuer>${options.issuer ?? ENTITY}</saml:Issuer>` +
    `<saml:Subject><saml:NameID Format="${options.nameIdFormat ?? 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient'}">${options.nameId ?? 'n1'}</saml:NameID>` +
    `<saml:SubjectConfirmation Method="${options.method ?? 'urn:oasis:names:tc:SAML:2.0:cm:bearer'}"><saml:SubjectConfirmationData NotOnOrAfter="${options.confirmedUntil ?? inSeconds(300)}"${attribute('NotBefore', options.confirmedFrom ?? null)} Recipient="${options.recipient ?? asked.acs}"${attribute('InResponseTo', inResponseTo)}/></saml:SubjectConfirmation></saml:Subject>` +
    `${conditions}${authn}<saml:AttributeStatement>${attributes}${options.rawAttributes ?? ''}</saml:AttributeStatement></saml:Assertion>`;
  const response =
    `<samlp:Response ${NS} ID="_${randomBytes(12).toString('hex')}" Version="${options.responseVersion ?? '2.0'}" IssueInstant="${inSeconds(-1)}"${attribute('Destination', destination)}${attribute('InResponseTo', outer)}>` +
    (responseIssuer === null ? '' : `<saml:Issuer>${responseIssuer}</saml:Issuer>`) +
    `<samlp:Status><samlp:StatusCode Value="${options.status ?? 'urn:oasis:names:tc:SAML:2.0:status:Success'}"/></samlp:Status>${assertion}</samlp:Response>`;
  let xml = options.before?.(response) ?? response;
  const parts = options.sign ?? ['assertion'];
  if (parts.includes('assertion')) xml = signXml(xml, 'Assertion', options);
  if (parts.includes('response')) xml = signXml(xml, 'Response', options);
  return options.after?.(xml) ?? xml;
}

/** Signs the first element of that name. */
export function signXml(
  xml: string,
  name: string,
  { key, signatureAlgorithm = RSA_SHA256, digestAlgorithm = SHA256, transforms }: ResponseOptions,
): string {
  const signed = new SignedXml({
    privateKey: key.privateKey,
    signatureAlgorithm,
    canonicalizationAlgorithm: EXC,
  });
  const xpath = name === 'Response' ? '/*' : `(//*[local-name(.)='${name}'])[1]`;
  signed.addReference({ xpath, transforms: [...(transforms ?? [ENVELOPED, EXC])], digestAlgorithm });
  signed.computeSignature(xml, {
    location: { reference: `${xpath}/*[local-name(.)='Issuer']`, action: 'after' },
  });
  return signed.getSignedXml();
}

/** The form that the browser brings. */
export function formOf(xml: string, { relayState }: Pick<Asked, 'relayState'>): Record<string, string> {
  return { SAMLResponse: Buffer.from(xml).toString('base64'), RelayState: relayState };
}

export interface LogoutOptions {
  readonly key: TestKey;
  readonly destination: string;
  readonly nameId?: string;
  readonly sessionIndex?: string | null;
  readonly issuer?: string;
  readonly id?: string;
  readonly issuedAt?: string;
  readonly version?: string;
  readonly root?: string;
  readonly algorithm?: string;
  readonly notOnOrAfter?: string | null;
  /** Stands before the message. */
  readonly before?: string;
}

export interface LogoutAnswer extends Pick<LogoutOptions, 'key' | 'destination' | 'issuer' | 'root'> {
  readonly inResponseTo: string;
  readonly relayState: string;
  readonly status?: string;
}

/** The query of a signed answer to our logout request. */
export function logoutAnswerQuery(options: LogoutAnswer): string {
  const root = options.root ?? 'LogoutResponse';
  const status = options.status ?? 'urn:oasis:names:tc:SAML:2.0:status:Success';
  const xml =
    `<samlp:${root} ${NS} ID="_${randomBytes(12).toString('hex')}" Version="2.0" IssueInstant="${inSeconds(0)}" Destination="${options.destination}" InResponseTo="${options.inResponseTo}">` +
    `<saml:Issuer>${options.issuer ?? ENTITY}</saml:Issuer><samlp:Status><samlp:StatusCode Value="${status}"/></samlp:Status></samlp:${root}>`;
  return signedQuery('SAMLResponse', { xml, relayState: options.relayState, key: options.key });
}

/** The query of a signed logout request. */
export function logoutQuery(options: LogoutOptions): string {
  const root = options.root ?? 'LogoutRequest';
  const index = options.sessionIndex === undefined ? 's1' : options.sessionIndex;
  const xml =
    (options.before ?? '') +
    `<samlp:${root} ${NS} ID="${options.id ?? `_${randomBytes(12).toString('hex')}`}" Version="${options.version ?? '2.0'}" IssueInstant="${options.issuedAt ?? inSeconds(0)}" Destination="${options.destination}"${attribute('NotOnOrAfter', options.notOnOrAfter ?? null)}>` +
    `<saml:Issuer>${options.issuer ?? ENTITY}</saml:Issuer><saml:NameID>${options.nameId ?? 'n1'}</saml:NameID>` +
    `${index === null ? '' : `<samlp:SessionIndex>${index}</samlp:SessionIndex>`}</samlp:${root}>`;
  const { key, algorithm = RSA_SHA256 } = options;
  return signedQuery('SAMLRequest', { xml, relayState: 'r1', key, algorithm });
}

function signedQuery(
  parameter: 'SAMLRequest' | 'SAMLResponse',
  message: {
    readonly xml: string;
    readonly relayState: string;
    readonly key: TestKey;
    readonly algorithm?: string;
  },
): string {
  const { xml, relayState, key, algorithm = RSA_SHA256 } = message;
  const packed = encodeURIComponent(deflateRawSync(Buffer.from(xml)).toString('base64'));
  const signed = `${parameter}=${packed}&RelayState=${encodeURIComponent(relayState)}&SigAlg=${encodeURIComponent(algorithm)}`;
  const signature = sign('sha256', Buffer.from(signed), key.privateKey).toString('base64');
  return `${signed}&Signature=${encodeURIComponent(signature)}`;
}
