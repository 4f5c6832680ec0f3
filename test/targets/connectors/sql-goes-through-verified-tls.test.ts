import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sqlConnector } from '../../../src/targets/connectors/sql/connector.ts';
import { sqlSettings } from '../../../src/targets/connectors/sql/settings.ts';
import { makeCertificate } from '../../support/certificate.ts';
import { startCuttingProxy } from '../../support/cutting-proxy.ts';
import { type MariaDb, startMariaDb } from '../../support/mariadb.ts';
import { needs } from '../../support/needs.ts';
import { NAMES, openPostgresApp } from './sql-target.ts';

type Given = Readonly<Record<string, unknown>>;

async function probe(settings: Given, password?: string) {
  const connector = sqlConnector(sqlSettings.parse(settings), password === undefined ? {} : { password });
  try {
    return await connector.probe();
  } finally {
    await connector.close();
  }
}

needs('mariadb')('the connection to MariaDB', () => {
  let server: MariaDb;
  let folder: string;
  beforeAll(async () => {
    server = await startMariaDb();
    await server.run(
      'create table access (what varchar(50), who varchar(50), managed_by varchar(20), unique (what, who, managed_by))',
    );
    folder = mkdtempSync(join(tmpdir(), 'muster-tls-'));
  });
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const settings = (more: Given): Given => ({
    dialect: 'mariadb',
    host: 'localhost',
    port: server.port,
    database: server.database,
    user: server.account.user,
    allowPrivate: true,
    timeoutSeconds: 5,
    ...NAMES,
    ...more,
  });

  it('is encrypted and verified', async () => {
    const proxy = await startCuttingProxy(server.port);
    const sent: Buffer[] = [];
    proxy.rewrite = (chunk) => {
      sent.push(chunk);
      return chunk;
    };
    const given = settings({ ca: server.certificate.pem, port: proxy.port });
    expect(await probe(given, server.account.password)).toMatchObject({ kind: 'ready' });
    expect(Buffer.concat(sent).includes('information_schema')).toBe(false);
    await proxy.close();
  });

  it('is not made with a certificate of another authority', async () => {
    for (const ca of [{}, { ca: makeCertificate(folder).pem }]) {
      expect(await probe(settings(ca), server.account.password)).toMatchObject({
        kind: 'failed',
        outcome: { kind: 'down', why: expect.stringContaining('certificate') },
      });
    }
  });

  it('wants a name that a certificate can be checked against', () => {
    expect(sqlSettings.safeParse(settings({ host: '10.0.0.1' })).success).toBe(false);
    expect(sqlSettings.safeParse(settings({ host: '10.0.0.1', tls: 'off' })).success).toBe(true);
  });
});

describe('the connection to PostgreSQL', () => {
  it('is not made in the clear where TLS is asked for', async () => {
    const app = await openPostgresApp();
    const given = { ...app.settings, ...NAMES, tls: 'verify' };
    expect(await probe(given, app.password)).toMatchObject({ kind: 'failed', outcome: { kind: 'down' } });
    await app.close();
  });

  it.each([
    [{ allowPrivate: false }, 'allowPrivate'],
    [{ host: '93.184.215.14' }, 'only connected to with TLS'],
    [{ host: '169.254.169.254', tls: 'verify' }, '169.254.169.254'],
  ])('is only made to an address that the target allows: %j', async (more, why) => {
    const given = {
      ...{ dialect: 'postgresql', host: '127.0.0.1', database: 'd', user: 'u' },
      ...{ tls: 'off', allowPrivate: true, timeoutSeconds: 5 },
      ...NAMES,
      ...more,
    };
    for (const dialect of ['postgresql', 'mariadb']) {
      // MariaDB is told a name where TLS is verified.
      if (dialect === 'mariadb' && given.tls === 'verify') continue;
      expect(await probe({ ...given, dialect })).toMatchObject({
        kind: 'failed',
        outcome: { kind: 'down', why: expect.stringContaining(why) },
      });
    }
  });
});
