import type { LoginReason } from '../../src/core/saml/reason.ts';
import {
  type Asked,
  ENTITY,
  formOf,
  inSeconds,
  respond,
  type ResponseOptions,
  stranger,
  type TestKey,
} from './provider.ts';
import { assertionIn, evil, renamed, signatureIn, withoutSignature, wrappings } from './wrapping-corpus.ts';

/** What a browser brings to our address for answers, and the code that it must be refused with. */
export interface HostileMessage {
  readonly name: string;
  readonly reason: LoginReason;
  readonly form: (world: World) => Record<string, string> | string;
}

export interface World {
  readonly asked: Asked;
  readonly key: TestKey;
}

const UNIT = 'urn:oasis:names:tc:SAML:2.0:status:';
const ALG = 'http://www.w3.org/2001/04/xmldsig-more#';
const OTHER = 'https://other.example.org/saml/acs';

/** A good response but for the options. */
const with_ = (name: string, reason: LoginReason, options: Partial<ResponseOptions>): HostileMessage => ({
  name,
  reason,
  form: ({ asked, key }) => formOf(respond(asked, { key, ...options }), asked),
});

/** A good response whose text is changed after it was signed. */
const changed = (name: string, reason: LoginReason, after: (xml: string) => string): HostileMessage =>
  with_(name, reason, { after });

const body = (name: string, reason: LoginReason, form: HostileMessage['form']): HostileMessage => ({
  name,
  reason,
  form,
});

/** Bodies and encodings. */
const bodies: readonly HostileMessage[] = [
  body('no SAMLResponse', 'response.missing', ({ asked }) => ({ RelayState: asked.relayState })),
  body('an empty form', 'response.missing', () => ({ x: 'y' })),
  body('SAMLResponse twice', 'response.repeated', ({ asked, key }) => {
    const form = formOf(respond(asked, { key }), asked);
    return `${new URLSearchParams(form).toString()}&SAMLResponse=AAAA`;
  }),
  body('RelayState twice', 'response.repeated', ({ asked, key }) => {
    const form = formOf(respond(asked, { key }), asked);
    return `${new URLSearchParams(form).toString()}&RelayState=x`;
  }),
  body('a form of 50,000 fields', 'body.unreadable', () => 'a=&'.repeat(50_000)),
  body('no Base64', 'response.encoding', ({ asked }) => ({
    SAMLResponse: '<xml/>',
    RelayState: asked.relayState,
  })),
  body('Base64 of another alphabet', 'response.encoding', ({ asked }) => ({
    SAMLResponse: 'AAA_',
    RelayState: asked.relayState,
  })),
  body('an empty response', 'response.encoding', ({ asked }) => ({
    SAMLResponse: '',
    RelayState: asked.relayState,
  })),
  body('bytes that are no UTF-8', 'response.encoding', ({ asked }) => ({
    SAMLResponse: Buffer.from([0x3c, 0xff, 0xfe, 0x3e]).toString('base64'),
    RelayState: asked.relayState,
  })),
  body('over 128 KiB', 'response.too_large', ({ asked, key }) =>
    formOf(respond(asked, { key }) + ' '.repeat(131_073), asked),
  ),
  body('a form over 256 KiB', 'body.too_large', () => ({ SAMLResponse: 'A'.repeat(262_145) })),
];

const doctype = '<!DOCTYPE samlp:Response [<!ENTITY e "x">]>';

/** XML that no parser should see. */
const texts: readonly HostileMessage[] = [
  changed('a DOCTYPE', 'xml.doctype', (xml) => `<!DOCTYPE samlp:Response>${xml}`),
  changed('a DOCTYPE with an entity', 'xml.doctype', (xml) => doctype + xml),
  changed(
    'an external entity',
    'xml.doctype',
    (xml) => `<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>${xml}`,
  ),
  changed(
    'a billion laughs',
    'xml.doctype',
    (xml) => `<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>${xml.replace('alice', '&b;')}`,
  ),
  changed('a reference to an entity', 'xml.entity', (xml) => xml.replace('>alice<', '>&alice;<')),
  changed('a processing instruction', 'xml.processing_instruction', (xml) =>
    xml.replace('>alice<', '>ali<?x?>ce<'),
  ),
  changed('a stylesheet', 'xml.processing_instruction', (xml) => `<?xml-stylesheet href="x"?>${xml}`),
  changed('a comment inside a name', 'xml.comment', (xml) => xml.replace('>alice<', '>alice<!-- -->.evil<')),
  changed('a comment around everything', 'xml.comment', (xml) => `${xml}<!-- -->`),
  changed('a comment inside a NameID', 'xml.comment', (xml) => xml.replace('>n1<', '>n1<!-- -->.evil<')),
  with_('a NameID with a comment that was signed', 'xml.comment', {
    before: (xml) => xml.replace('>n1<', '>n1<!---->.evil<'),
  }),
  with_('a comment that was signed', 'xml.comment', {
    before: (xml) => xml.replace('>alice<', '>admin<!-- x -->.alice<'),
  }),
  changed('a CDATA section', 'xml.cdata', (xml) => xml.replace('>alice<', '><![CDATA[alice]]><')),
  with_('5,000 empty elements', 'xml.elements', {
    sign: [],
    before: (xml) => xml.replace('<samlp:Status>', `${'<a/>'.repeat(5_000)}<samlp:Status>`),
  }),
  with_('3,001 elements', 'xml.elements', {
    sign: [],
    before: (xml) => xml.replace('<samlp:Status>', `${'<a/>'.repeat(3_001)}<samlp:Status>`),
  }),
  with_('2,900 levels', 'xml.depth', {
    sign: [],
    before: (xml) =>
      xml.replace('<samlp:Status>', `${'<a>'.repeat(2_900)}${'</a>'.repeat(2_900)}<samlp:Status>`),
  }),
  with_('41 levels', 'xml.depth', {
    sign: [],
    before: (xml) => xml.replace('<samlp:Status>', `${'<a>'.repeat(41)}${'</a>'.repeat(41)}<samlp:Status>`),
  }),
  with_('an element with 200 attributes', 'xml.attributes', {
    sign: [],
    before: (xml) =>
      xml.replace(
        '<samlp:Status>',
        `<a ${Array.from({ length: 200 }, (_, n) => `a${n}="x"`).join(' ')}/><samlp:Status>`,
      ),
  }),
  changed('an end tag too few', 'xml.malformed', (xml) => xml.replace('</samlp:Response>', '')),
  changed('an attribute twice', 'xml.malformed', (xml) =>
    xml.replace('<samlp:Response ', '<samlp:Response ID="_x" '),
  ),
  body('text that is no XML', 'xml.malformed', ({ asked }) => formOf('hello', asked)),
  // A parser lets these pass, and reads what stands behind them.
  changed('a comment behind an end tag too many', 'xml.malformed', (xml) =>
    xml.replace('<samlp:Status>', '</x></x><samlp:Status>').replace('>n1<', '>n<!-- -->1<'),
  ),
  changed('a comment in the quotes of an end tag', 'xml.malformed', (xml) =>
    xml.replace('<samlp:Status>', '<a/ ></"><!-- x -->"><samlp:Status>'),
  ),
  changed('5,000 elements behind an end tag too many', 'xml.malformed', (xml) =>
    xml.replace('<samlp:Status>', `</x></x>${'<a/>'.repeat(5_000)}<samlp:Status>`),
  ),
  changed('2,900 levels under other names', 'xml.malformed', (xml) =>
    xml.replace('</samlp:Response>', `${'<a></b>'.repeat(2_900)}<a></a></samlp:Response>`),
  ),
  changed('an unbound prefix', 'xml.malformed', (xml) =>
    xml.replace('<samlp:Status>', '<nope:a/><samlp:Status>'),
  ),
];

/** Envelopes that are good XML. */
const envelopes: readonly HostileMessage[] = [
  with_('another root', 'response.root', {
    before: (xml) => xml.replaceAll('samlp:Response', 'samlp:ArtifactResponse'),
  }),
  with_('a root of another namespace', 'response.root', {
    before: (xml) =>
      xml.replace('urn:oasis:names:tc:SAML:2.0:protocol', 'urn:oasis:names:tc:SAML:1.0:protocol'),
  }),
  body('an assertion without a response', 'response.root', ({ asked, key }) => {
    const xml = assertionIn(respond(asked, { key }));
    return formOf(
      xml.replace('<saml:Assertion ', '<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" '),
      asked,
    );
  }),
  with_('version 1.1 of the response', 'response.version', { responseVersion: '1.1' }),
  with_('a Destination of another service', 'response.destination', { destination: OTHER }),
  with_('our Destination with something behind', 'response.destination', {
    before: (xml) => xml.replace(/Destination="([^"]+)"/, 'Destination="$1/../acs"'),
  }),
  with_('an empty Destination', 'response.destination', { destination: '' }),
  with_('a response of another provider', 'response.issuer', { responseIssuer: 'https://evil.example.org' }),
  with_('a Status of Requester', 'status.failed', { status: `${UNIT}Requester` }),
  with_('a Status of Responder around a good assertion', 'status.failed', { status: `${UNIT}Responder` }),
  with_('a Status that only looks like Success', 'status.failed', { status: `${UNIT}Success ` }),
  changed('no Status', 'status.failed', (xml) => xml.replace(/<samlp:Status>.*<\/samlp:Status>/, '')),
  changed('an encrypted assertion beside', 'assertion.encrypted', (xml) =>
    xml.replace('<saml:Assertion ', '<saml:EncryptedAssertion/><saml:Assertion '),
  ),
  with_('an encrypted name', 'assertion.encrypted', {
    before: (xml) => xml.replace('<saml:Subject>', '<saml:Subject><saml:EncryptedID/>'),
  }),
  changed('no assertion', 'assertion.count', (xml) => xml.replace(assertionIn(xml), '')),
  changed('the assertion twice', 'assertion.count', (xml) =>
    xml.replace('</samlp:Response>', `${assertionIn(xml)}</samlp:Response>`),
  ),
  ...wrappings.map(({ name, sign, after }) => with_(name, 'assertion.count', { sign, after })),
  changed('a forged assertion after the signed one', 'assertion.count', (xml) =>
    xml.replace('</samlp:Response>', `${evil(renamed(withoutSignature(assertionIn(xml))))}</samlp:Response>`),
  ),
  changed('the signed assertion wrapped in extensions', 'assertion.count', (xml) => {
    const good = assertionIn(xml);
    return xml
      .replace(good, evil(renamed(withoutSignature(good))))
      .replace('<samlp:Status>', `<samlp:Extensions>${good}</samlp:Extensions><samlp:Status>`);
  }),
  changed('the signed assertion as advice of a forged one', 'assertion.count', (xml) => {
    const good = assertionIn(xml);
    return xml.replace(
      good,
      evil(renamed(withoutSignature(good))).replace(
        '</saml:Assertion>',
        `<saml:Advice>${good}</saml:Advice></saml:Assertion>`,
      ),
    );
  }),
  changed('an assertion of another namespace beside', 'assertion.count', (xml) =>
    xml.replace('</samlp:Response>', '<x:Assertion xmlns:x="urn:x"/></samlp:Response>'),
  ),
  with_('an assertion that is no child of the response', 'assertion.count', {
    before: (xml) =>
      xml
        .replace('<saml:Assertion ', '<a><saml:Assertion ')
        .replace('</saml:Assertion>', '</saml:Assertion></a>'),
  }),
  changed('an element with the id of the assertion', 'id.repeated', (xml) =>
    xml.replace(
      '<samlp:Status>',
      `<samlp:Extensions ID="${/<saml:Assertion ID="([^"]+)/.exec(xml)?.[1] ?? ''}"/><samlp:Status>`,
    ),
  ),
  changed('the response under the id of the assertion', 'id.repeated', (xml) =>
    xml.replace(
      /(<samlp:Response [^>]*?ID=")[^"]+/,
      `$1${/<saml:Assertion ID="([^"]+)/.exec(xml)?.[1] ?? ''}`,
    ),
  ),
  changed('the signature twice', 'signature.count', (xml) =>
    xml.replace(signatureIn(xml), signatureIn(xml) + signatureIn(xml)),
  ),
  changed('a signature somewhere else', 'signature.count', (xml) =>
    xml.replace('<samlp:Status>', `<samlp:Extensions>${signatureIn(xml)}</samlp:Extensions><samlp:Status>`),
  ),
  with_('RSA with SHA-1', 'signature.algorithm', {
    signatureAlgorithm: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1',
  }),
  changed('HMAC with the certificate as key', 'signature.algorithm', (xml) =>
    xml.replace(`${ALG}rsa-sha256`, 'http://www.w3.org/2000/09/xmldsig#hmac-sha1'),
  ),
  changed('no algorithm', 'signature.algorithm', (xml) => xml.replace(`Algorithm="${ALG}rsa-sha256"`, '')),
  with_('a digest of SHA-1', 'signature.digest', {
    digestAlgorithm: 'http://www.w3.org/2000/09/xmldsig#sha1',
  }),
  changed('a digest of MD5', 'signature.digest', (xml) =>
    xml.replace('http://www.w3.org/2001/04/xmlenc#sha256', `${ALG}md5`),
  ),
  changed('an XSLT transform', 'signature.transform', (xml) =>
    xml.replace(
      'http://www.w3.org/2000/09/xmldsig#enveloped-signature',
      'http://www.w3.org/TR/1999/REC-xslt-19991116',
    ),
  ),
  changed('an XPath transform', 'signature.transform', (xml) =>
    xml.replace(
      'http://www.w3.org/2000/09/xmldsig#enveloped-signature',
      'http://www.w3.org/TR/1999/REC-xpath-19991116',
    ),
  ),
  with_('canonical XML with comments', 'signature.transform', {
    transforms: [
      'http://www.w3.org/2000/09/xmldsig#enveloped-signature',
      'http://www.w3.org/2001/10/xml-exc-c14n#WithComments',
    ],
  }),
];

/** Signatures that are not one of the provider over the assertion. */
const signatures: readonly HostileMessage[] = [
  with_('nothing signed', 'signature.invalid', { sign: [] }),
  with_('only the response signed', 'signature.invalid', { sign: ['response'] }),
  body('signed by a stranger', 'signature.invalid', ({ asked }) =>
    formOf(respond(asked, { key: stranger() }), asked),
  ),
  changed('another name than was signed', 'signature.invalid', evil),
  changed('another audience than was signed', 'signature.invalid', (xml) =>
    xml.replace('<saml:Audience>', '<saml:Audience>x'),
  ),
  changed('a digest of something else', 'signature.invalid', (xml) =>
    xml.replace(/<DigestValue>..../, '<DigestValue>AAAA'),
  ),
  changed('another signature value', 'signature.invalid', (xml) =>
    xml.replace(/<SignatureValue>..../, '<SignatureValue>AAAA'),
  ),
  changed('an empty signature value', 'signature.invalid', (xml) =>
    xml.replace(/<SignatureValue>.*<\/SignatureValue>/, '<SignatureValue></SignatureValue>'),
  ),
  changed('a reference to the response', 'signature.invalid', (xml) =>
    xml.replace(/URI="#[^"]+"/, `URI="#${/<samlp:Response [^>]*?ID="([^"]+)/.exec(xml)?.[1] ?? ''}"`),
  ),
  changed('an empty reference', 'signature.invalid', (xml) => xml.replace(/URI="#[^"]+"/, 'URI=""')),
  changed('two references', 'signature.invalid', (xml) => {
    const reference = /<Reference .*<\/Reference>/s.exec(xml)?.[0] ?? '';
    return xml.replace(reference, reference + reference);
  }),
  changed('the stranger certificate in KeyInfo', 'signature.invalid', (xml) =>
    evil(xml).replace(
      '</SignatureValue>',
      `</SignatureValue><KeyInfo><X509Data><X509Certificate>${stranger().certificate}</X509Certificate></X509Data></KeyInfo>`,
    ),
  ),
  body('signed by a stranger, with its certificate along', 'signature.invalid', ({ asked }) => {
    const xml = respond(asked, { key: stranger() });
    return formOf(
      xml.replace(
        '</SignatureValue>',
        `</SignatureValue><KeyInfo><X509Data><X509Certificate>${stranger().certificate}</X509Certificate></X509Data></KeyInfo>`,
      ),
      asked,
    );
  }),
  changed('the signature of the assertion moved to the response', 'signature.invalid', (xml) => {
    const signature = signatureIn(xml);
    return xml.replace(signature, '').replace('<samlp:Status>', `${signature}<samlp:Status>`);
  }),
];

/** Assertions that were signed and still are not for us, or not now. Some the library does not take either. */
const assertions: readonly HostileMessage[] = [
  body('an assertion without id', 'signature.invalid', ({ asked, key }) => {
    const xml = respond(asked, {
      key,
      sign: [],
      before: (text) => text.replace(/(<saml:Assertion) ID="[^"]+"/, '$1'),
    });
    return formOf(xml, asked);
  }),
  with_('version 1.1 of the assertion', 'assertion.version', { version: '1.1' }),
  with_('an assertion of another provider', 'assertion.issuer', { issuer: 'https://evil.example.org' }),
  with_('an issuer with something before it', 'assertion.issuer', { issuer: `x${ENTITY}` }),
  with_('a holder of key', 'confirmation.method', { method: 'urn:oasis:names:tc:SAML:2.0:cm:holder-of-key' }),
  with_('sender vouches', 'confirmation.method', { method: 'urn:oasis:names:tc:SAML:2.0:cm:sender-vouches' }),
  with_('no confirmation', 'confirmation.method', {
    before: (xml) => xml.replace(/<saml:SubjectConfirmation .*<\/saml:SubjectConfirmation>/, ''),
  }),
  with_('no subject', 'confirmation.method', {
    before: (xml) => xml.replace(/<saml:Subject>.*<\/saml:Subject>/, ''),
  }),
  with_('a Recipient of another service', 'confirmation.recipient', { recipient: OTHER }),
  with_('no Recipient', 'confirmation.recipient', { before: (xml) => xml.replace(/ Recipient="[^"]+"/, '') }),
  with_('no confirmation data', 'confirmation.recipient', {
    before: (xml) => xml.replace(/<saml:SubjectConfirmationData [^>]*\/>/, ''),
  }),
  with_('a confirmation that is over', 'confirmation.expired', { confirmedUntil: inSeconds(-61) }),
  with_('a confirmation that never ends', 'signature.invalid', {
    before: (xml) => xml.replace(/(<saml:SubjectConfirmationData) NotOnOrAfter="[^"]+"/, '$1'),
  }),
  with_('a confirmation until no time', 'signature.invalid', { confirmedUntil: 'tomorrow' }),
  with_('a confirmation until a local time', 'confirmation.expired', {
    confirmedUntil: inSeconds(300).replace('Z', '+02:00'),
  }),
  with_('a confirmation that has not begun', 'confirmation.not_before', { confirmedFrom: inSeconds(3_600) }),
  with_('a login that nobody asked for', 'confirmation.unsolicited', {
    inResponseTo: null,
    responseInResponseTo: null,
  }),
  with_('InResponseTo on the part that is not signed', 'confirmation.unsolicited', { inResponseTo: null }),
  with_('InResponseTo of two requests', 'response.in_response_to', { responseInResponseTo: '_other' }),
  with_('InResponseTo grafted onto an answer to somebody else', 'response.in_response_to', {
    inResponseTo: '_other',
  }),
  with_('no conditions', 'conditions.missing', { conditions: '' }),
  with_('conditions that have not begun', 'conditions.not_before', { notBefore: inSeconds(3_600) }),
  with_('conditions from no time', 'conditions.not_before', { notBefore: 'yesterday' }),
  with_('conditions that are over', 'conditions.expired', { notOnOrAfter: inSeconds(-61) }),
  with_('conditions until no time', 'signature.invalid', { notOnOrAfter: 'never' }),
  with_('another audience', 'audience.foreign', { audience: OTHER }),
  with_('an audience that starts like ours', 'audience.foreign', {
    before: (xml) => xml.replace('</saml:Audience>', '/more</saml:Audience>'),
  }),
  with_('no audience', 'audience.foreign', {
    before: (xml) => xml.replace(/<saml:AudienceRestriction>.*<\/saml:AudienceRestriction>/, ''),
  }),
  with_('our audience and another that must hold too', 'audience.foreign', {
    before: (xml) =>
      xml.replace(
        '</saml:AudienceRestriction>',
        '</saml:AudienceRestriction><saml:AudienceRestriction><saml:Audience>x</saml:Audience></saml:AudienceRestriction>',
      ),
  }),
  with_('no statement that anybody logged in', 'authn.missing', { authn: '' }),
  with_('a session that is over', 'authn.session_over', { sessionNotOnOrAfter: inSeconds(-61) }),
  with_('a session until no time', 'authn.session_over', { sessionNotOnOrAfter: 'x' }),
];

/** Answers that do not belong to the login in this browser. */
const transactions: readonly HostileMessage[] = [
  with_('an answer to a request that was never made', 'request.unknown', {
    inResponseTo: '_never',
    responseInResponseTo: '_never',
  }),
  body('another RelayState', 'request.unknown', ({ asked, key }) => ({
    ...formOf(respond(asked, { key }), asked),
    RelayState: 'other',
  })),
  body('no RelayState', 'request.unknown', ({ asked, key }) => ({
    SAMLResponse: formOf(respond(asked, { key }), asked).SAMLResponse ?? '',
  })),
  body('an address as RelayState', 'request.unknown', ({ asked, key }) => ({
    ...formOf(respond(asked, { key }), asked),
    RelayState: 'https://evil.example.org/',
  })),
];

/** Assertions that say too little. */
const identities: readonly HostileMessage[] = [
  with_('nobody', 'identity.none', { attributes: {} }),
  with_('a name of a scope that the provider does not own', 'identity.none', {
    attributes: { eduPersonPrincipalName: ['x@evil.example'] },
  }),
  with_('a name with a control character', 'identity.none', { attributes: { uid: ['a&#10;b'] } }),
];

export const corpus: readonly HostileMessage[] = [
  ...bodies,
  ...texts,
  ...envelopes,
  ...signatures,
  ...assertions,
  ...transactions,
  ...identities,
];
