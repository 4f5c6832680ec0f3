import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Constants, IdentityProvider, SamlLib, ServiceProvider, setSchemaValidator } from 'samlify';
import { ENTITY, inSeconds, type TestKey } from './provider.ts';
import { FROM_PROVIDER, openSamlSite, type SamlSite } from './site.ts';

let site: SamlSite;
beforeAll(async () => {
  setSchemaValidator({ validate: () => Promise.resolve('not checked here') });
  site = await openSamlSite();
});
afterAll(() => site.close());

const template =
  '<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="{ID}" Version="2.0" IssueInstant="{IssueInstant}" Destination="{Destination}" InResponseTo="{InResponseTo}"><saml:Issuer>{Issuer}</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>' +
  '<saml:Assertion ID="{AssertionID}" Version="2.0" IssueInstant="{IssueInstant}"><saml:Issuer>{Issuer}</saml:Issuer><saml:Subject><saml:NameID>{NameID}</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData NotOnOrAfter="{Until}" Recipient="{Destination}" InResponseTo="{InResponseTo}"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="{IssueInstant}" NotOnOrAfter="{Until}"><saml:AudienceRestriction><saml:Audience>{Audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="{IssueInstant}"/><saml:AttributeStatement><saml:Attribute Name="urn:oid:0.9.2342.19200300.100.1.1"><saml:AttributeValue>{uid}</saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion></samlp:Response>';

function samlifyProvider({ privateKey, certificate }: TestKey) {
  return IdentityProvider({
    entityID: ENTITY,
    privateKey,
    signingCert: certificate,
    isAssertionEncrypted: false,
    wantAuthnRequestsSigned: true,
    requestSignatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    singleSignOnService: [
      { Binding: Constants.namespace.binding.redirect, Location: 'https://idp.example.org/sso' },
    ],
    loginResponseTemplate: { context: template, attributes: [] },
  });
}

describe('samlify as the provider', () => {
  it('reads our metadata, checks our signed request, and its answer signs in', async () => {
    const browser = site.browser();
    const sp = ServiceProvider({ metadata: (await browser.open('/saml/uni/metadata')).text });
    const idp = samlifyProvider(site.key);
    const started = await browser.open('/saml/uni/login');
    const url = new URL(started.headers.get('Location') ?? '');
    const octetString = url.search.slice(1).replace(/&Signature=.*$/, '');
    const query = Object.fromEntries(url.searchParams);
    const { extract } = await idp.parseLoginRequest(sp, 'redirect', { query, octetString });
    const { request } = extract as { request: { id: string; assertionConsumerServiceUrl: string } };
    const values = {
      ID: `_${randomBytes(8).toString('hex')}`,
      AssertionID: `_${randomBytes(8).toString('hex')}`,
      ...{ Issuer: ENTITY, NameID: 'n1', uid: 'sam', InResponseTo: request.id },
      Destination: request.assertionConsumerServiceUrl,
      Audience: `${site.address}/saml/uni/metadata`,
      ...{ IssueInstant: inSeconds(-1), Until: inSeconds(300) },
    };
    const { context } = await idp.createLoginResponse(sp, { extract }, 'post', {}, (text: string) => ({
      id: values.ID,
      context: SamlLib.replaceTagsByValue(text, values),
    }));
    const form = { SAMLResponse: context, RelayState: query.RelayState ?? '' };
    const answer = await browser.post('/saml/uni/acs', form, FROM_PROVIDER);
    expect([answer.status, site.lastReason()]).toEqual([303, null]);
    expect((await browser.open('/')).text).toContain('sam');
  });
});
