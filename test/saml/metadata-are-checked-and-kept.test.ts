import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SignedXml } from 'xml-crypto';
import { refreshProvider } from '../../src/sources/saml/admin.ts';
import { readMetadata } from '../../src/sources/saml/metadata/read.ts';
import { findProvider } from '../../src/store/saml/providers.ts';
import { attribution } from '../support/directory.ts';
import { ENTITY, formOf, metadataOf, newKey, respond } from './provider.ts';
import { FROM_PROVIDER, openSamlSite, type SamlSite } from './site.ts';

let site: SamlSite;
const federation = newKey('federation');
const pem = (certificate: string): string =>
  `-----BEGIN CERTIFICATE-----\n${certificate.replaceAll(/(.{64})/g, '$1\n')}\n-----END CERTIFICATE-----\n`;
beforeAll(async () => {
  site = await openSamlSite();
});
afterAll(() => site.close());

const read = (xml: string, { entityId = null as string | null, signer = null as string | null } = {}) =>
  readMetadata({ xml, entityId, signer, now: Date.now() });

function aggregate(validUntil: string): string {
  const inner = metadataOf(site.key) + metadataOf(newKey(), { entityId: 'https://other.example.org' });
  const xml = `<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" ID="_all" validUntil="${validUntil}">${inner}</md:EntitiesDescriptor>`;
  const signed = new SignedXml({
    privateKey: federation.privateKey,
    signatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    canonicalizationAlgorithm: 'http://www.w3.org/2001/10/xml-exc-c14n#',
  });
  signed.addReference({
    xpath: '/*',
    transforms: [
      'http://www.w3.org/2000/09/xmldsig#enveloped-signature',
      'http://www.w3.org/2001/10/xml-exc-c14n#',
    ],
    digestAlgorithm: 'http://www.w3.org/2001/04/xmlenc#sha256',
  });
  signed.computeSignature(xml, { location: { reference: '/*', action: 'prepend' } });
  return signed.getSignedXml();
}

describe('metadata', () => {
  it('of an aggregate are taken for the provider that is named, and only as they were signed', () => {
    const xml = aggregate('2099-01-01T00:00:00Z');
    const wanted = { entityId: ENTITY, signer: pem(federation.certificate) };
    expect(read(xml, wanted)).toMatchObject({
      kind: 'read',
      provider: {
        entityId: ENTITY,
        validUntil: '2099-01-01T00:00:00.000Z',
        scopes: [{ value: 'example.org' }],
      },
    });
    expect(read(xml, { ...wanted, signer: pem(newKey().certificate) }).kind).toBe('faulty');
    expect(read(xml.replace('>example.org<', '>evil.example<'), wanted).kind).toBe('faulty');
    expect(read(metadataOf(site.key), wanted).kind).toBe('faulty');
    expect(read(xml, { signer: wanted.signer })).toMatchObject({
      why: expect.stringContaining('2 identity providers'),
    });
    expect(read(xml, { ...wanted, entityId: 'https://nobody.example.org' }).kind).toBe('faulty');
  });

  it('that are over, unreadable, or lead over plain http are refused', () => {
    expect(read(metadataOf(site.key, { attributes: ' validUntil="2020-01-01T00:00:00Z"' })).kind).toBe(
      'faulty',
    );
    expect(read('<a').kind).toBe('faulty');
    expect(read(`<!DOCTYPE x>${metadataOf(site.key)}`).kind).toBe('faulty');
    expect(read(metadataOf(site.key, { login: 'http://idp.example.org/sso' })).kind).toBe('faulty');
    expect(read(metadataOf(site.key).replace(site.key.certificate, 'AAAA')).kind).toBe('faulty');
  });

  it('that are no longer good leave the last good copy in use; new keys are taken with the old', async () => {
    const file = join(site.folder, 'uni.xml');
    const refresh = async () => {
      const row = await findProvider(site.database, 'uni');
      return row === null ? null : refreshProvider(site.providers, attribution('console'), row);
    };
    writeFileSync(file, 'broken');
    expect(await refresh()).toBeNull();
    const kept = await findProvider(site.database, 'uni');
    expect(kept?.last_error).toMatch(/cannot be used/);
    expect(kept?.metadata.certificates).toEqual([site.key.certificate]);

    const next = newKey();
    writeFileSync(file, metadataOf([site.key, next]));
    expect((await refresh())?.last_error).toBeNull();
    for (const key of [site.key, next]) {
      const browser = site.browser();
      const asked = await site.ask(browser);
      const answer = await browser.post(
        '/saml/uni/acs',
        formOf(respond(asked, { key }), asked),
        FROM_PROVIDER,
      );
      expect(answer.status).toBe(303);
    }
    await site.database.rows({ text: `update idp set valid_until = now() - interval '1 second'` });
    await site.browser().open('/saml/uni/login');
    expect(site.lastReason()).toBe('provider.expired');
  });
});

describe('our own keys', () => {
  it('are published before they sign and a week after, the private part sealed', async () => {
    const [first] = await site.keys.certificates();
    await site.keys.rotate();
    expect((await site.keys.certificates())[0]).toBe(first);
    const { text } = await site.browser().open('/saml/uni/metadata');
    expect(text.match(/<ds:X509Certificate>/g)).toHaveLength(2);
    await site.database.rows({ text: `update saml_key set signs_from = signs_from - interval '8 days'` });
    expect((await site.keys.certificates())[0]).not.toBe(first);
    await site.database.rows({ text: `update saml_key set signs_from = signs_from - interval '8 days'` });
    await site.keys.tend();
    expect(await site.keys.certificates()).not.toContain(first);
    const rows = await site.database.rows<{ sealed: Buffer }>({ text: 'select sealed from saml_key' });
    expect(rows.every(({ sealed }) => !sealed.toString('latin1').includes('PRIVATE KEY'))).toBe(true);
  });
});
