import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ldapConnector } from '../../../src/targets/connectors/ldap/connector.ts';
import { ldapCredentials, ldapSettings } from '../../../src/targets/connectors/ldap/settings.ts';
import { makeCertificate } from '../../support/certificate.ts';
import { startCuttingProxy } from '../../support/cutting-proxy.ts';
import { needs } from '../../support/needs.ts';
import { SERVICE, type Slapd, startSlapd } from '../../support/slapd.ts';
import { aUser } from '../contract/connector-contract.ts';
import { settingsFor } from './ldap-target.ts';

needs('slapd')('the connection to an LDAP server', () => {
  let slapd: Slapd;
  let folder: string;
  beforeAll(async () => {
    slapd = await startSlapd();
    folder = mkdtempSync(join(tmpdir(), 'muster-tls-'));
  });
  afterAll(async () => {
    await slapd.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const probe = async (more: Parameters<typeof settingsFor>[1]) => {
    const connector = ldapConnector(settingsFor(slapd, more), { password: SERVICE.password });
    try {
      return await connector.probe();
    } finally {
      await connector.close();
    }
  };

  it.each(['ldap', 'ldaps'])('is encrypted and verified over %s', async (scheme) => {
    const port = scheme === 'ldap' ? slapd.port : slapd.tlsPort;
    for (const host of ['localhost', '127.0.0.1']) {
      const settings = { url: `${scheme}://${host}:${port}`, tls: 'verify', ca: slapd.certificate.pem };
      expect(await probe(settings)).toMatchObject({ kind: 'ready' });
    }
  });

  it.each(['ldap', 'ldaps'])(
    'over %s is not made with a certificate of another authority',
    async (scheme) => {
      const port = scheme === 'ldap' ? slapd.port : slapd.tlsPort;
      const other = makeCertificate(folder).pem;
      for (const ca of [{}, { ca: other }]) {
        const settings = { url: `${scheme}://localhost:${port}`, tls: 'verify', ...ca };
        expect(await probe(settings)).toMatchObject({
          kind: 'failed',
          outcome: { kind: 'down', why: expect.stringContaining('certificate') },
        });
      }
    },
  );

  it('never sends the password before TLS', async () => {
    const proxy = await startCuttingProxy(slapd.port);
    const sent: Buffer[] = [];
    proxy.rewrite = (chunk) => {
      sent.push(chunk);
      return chunk;
    };
    const settings = { url: `ldap://localhost:${proxy.port}`, tls: 'verify', ca: slapd.certificate.pem };
    expect(await probe(settings)).toMatchObject({ kind: 'ready' });
    expect(sent.length).toBeGreaterThan(1);
    expect(Buffer.concat(sent).includes(SERVICE.password)).toBe(false);
    await proxy.close();
  });

  it('is opened anew, through TLS and bind, after the server was restarted', async () => {
    const connector = ldapConnector(
      settingsFor(slapd, {
        url: `ldap://localhost:${slapd.port}`,
        tls: 'verify',
        ca: slapd.certificate.pem,
      }),
      { password: SERVICE.password },
    );
    expect(await connector.probe()).toMatchObject({ kind: 'ready' });
    await slapd.kill();
    expect(await connector.probe()).toMatchObject({ kind: 'failed', outcome: { kind: 'down' } });
    await slapd.start();
    // Only a bound account may see anything here.
    expect(await connector.resolve(aUser('nobody'))).toEqual({ kind: 'none' });
    await connector.close();
  });

  it('is given up when nothing comes back, within TLS or before it, and opened anew', async () => {
    const proxy = await startCuttingProxy(slapd.port);
    const connector = ldapConnector(
      settingsFor(slapd, {
        url: `ldap://localhost:${proxy.port}`,
        tls: 'verify',
        ca: slapd.certificate.pem,
        timeoutSeconds: 1,
      }),
      { password: SERVICE.password },
    );
    // The first requests of a connection: StartTLS, the handshake in two, the bind, a search.
    for (const nth of [1, 2, 3, 4, 5]) {
      let seen = 0;
      proxy.fault = { when: () => (seen += 1) === nth, kind: 'stall', carriedOut: false };
      expect(await connector.probe()).toMatchObject({ kind: 'failed', outcome: { kind: 'down' } });
      expect(proxy.fault).toBeNull();
    }
    expect(await connector.probe()).toMatchObject({ kind: 'ready' });
    await connector.close();
    await proxy.close();
  });

  it('without TLS is only made to a private address that the target allows', async () => {
    expect(await probe({ allowPrivate: false })).toMatchObject({
      outcome: { kind: 'down', why: expect.stringContaining('allowPrivate') },
    });
    expect(await probe({ url: 'ldap://93.184.215.14' })).toMatchObject({
      outcome: { kind: 'down', why: expect.stringContaining('only connected to with TLS') },
    });
    expect(await probe({ url: 'ldaps://169.254.169.254', tls: 'verify' })).toMatchObject({
      outcome: { kind: 'down', why: expect.stringContaining('169.254.169.254') },
    });
  });

  it('is not made without a password, which servers take for an anonymous bind and call a success', () => {
    expect(ldapCredentials.safeParse({ password: '' }).success).toBe(false);
    expect(ldapCredentials.safeParse({}).success).toBe(false);
  });

  it.each([
    [{ url: 'http://localhost' }],
    [{ url: 'ldap://user@localhost' }],
    [{ url: 'ldaps://localhost', tls: 'off' }],
    [{ bindDn: 'muster' }],
    [{ users: { mode: 'lookup', base: 'ou=people', filter: '(uid=ada)' } }],
    [{ users: { mode: 'lookup', base: 'ou=people', filter: '(uid={userName}' } }],
    [{ gidNumbers: { from: 2, to: 1 } }],
    [{ groupName: 'all' }],
  ])('is not even tried with the settings %j', (wrong) => {
    const right = { ...settingsFor(slapd) };
    expect(ldapSettings.safeParse(right).success).toBe(true);
    expect(ldapSettings.safeParse({ ...right, ...wrong }).success).toBe(false);
  });
});
