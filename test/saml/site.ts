import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { pino } from 'pino';
import { consoleDoor } from '../../src/console/door.tsx';
import { refusedPage, signedOutPage, triedPage } from '../../src/console/saml-pages.tsx';
import type { ProviderSettings } from '../../src/core/saml/provider.ts';
import { buildApp } from '../../src/http/app.ts';
import { createSessions } from '../../src/http/session.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import { addByMetadata, type Providers } from '../../src/sources/saml/admin.ts';
import { samlDoor } from '../../src/sources/saml/door.ts';
import { beginLogout } from '../../src/sources/saml/own-logout.ts';
import { type KeyRing, keyRing } from '../../src/sources/saml/keys/ring.ts';
import { readMetadata } from '../../src/sources/saml/metadata/read.ts';
import { verifyResponse } from '../../src/sources/saml/verify/response.ts';
import type { Verifier } from '../../src/sources/saml/verify/pool.ts';
import type { ProviderRow } from '../../src/store/saml/providers.ts';
import { type Browser, newBrowser } from '../console/browser.ts';
import { consoleParts } from '../support/console.ts';
import { attribution, openTestDirectory, type TestDirectory } from '../support/directory.ts';
import { type Asked, metadataOf, newKey, type TestKey } from './provider.ts';

/** Some instances of Muster on one database, with a provider that the tests play. */
export interface SamlSite extends TestDirectory {
  readonly address: string;
  readonly key: TestKey;
  readonly keys: KeyRing;
  readonly provider: ProviderRow;
  readonly providers: Providers;
  readonly logged: string[];
  readonly folder: string;
  readonly masterKey: Buffer;
  /** A browser that talks to the instance of that number. */
  browser(instance?: number): Browser;
  /** Starts a login; answers what was asked of the provider. */
  ask(browser: Browser, options?: { readonly idp?: string; readonly query?: string }): Promise<Asked>;
  addProvider(name: string, xml: string, settings?: Partial<ProviderSettings>): Promise<ProviderRow>;
  /** The code of the last refusal in the log. */
  lastReason(): string | null;
}

export interface SamlSiteOptions {
  readonly instances?: number;
  readonly settings?: Partial<ProviderSettings>;
  readonly verifier?: Pick<Verifier, 'response'>;
  /** What browsers know it by, if that is not where the first instance listens. */
  readonly baseUrl?: string;
}

export async function openSamlSite({
  instances = 1,
  settings = {},
  verifier = { response: (task) => verifyResponse(task) },
  baseUrl: known,
}: SamlSiteOptions = {}): Promise<SamlSite> {
  const test = await openTestDirectory();
  const { database, directory } = test;
  const folder = mkdtempSync(join(tmpdir(), 'muster-saml-'));
  const masterKey = randomBytes(32);
  const logged: string[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void logged.push(line) });
  const servers = await Promise.all(
    Array.from({ length: instances }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const addresses = servers.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const baseUrl = known ?? addresses[0] ?? '';
  const keys = keyRing({ database, key: masterKey, random: randomBytes, now: Date.now, host: 'localhost' });
  const providers: Providers = {
    directory,
    readMetadata: (task) => Promise.resolve(readMetadata(task)),
    now: Date.now,
    random: randomBytes,
  };
  for (const server of servers) {
    const sessions = createSessions({ connection: database, baseUrl });
    const saml = {
      ...{ directory, sessions, keys, verifier, baseUrl, log, random: randomBytes, now: Date.now },
      metrics: createMetrics(),
    };
    const app = buildApp({
      newId: randomUUID,
      doors: [
        samlDoor({
          ...saml,
          admits: () => true,
          pages: { refused: refusedPage, tried: triedPage, signedOut: signedOutPage },
        }),
        consoleDoor({
          ...{ ...consoleParts(directory), sessions, log },
          leave: (context, ended) => beginLogout(saml, context, ended),
        }),
      ],
      trustsProxy: false,
    });
    server.on('request', app.callback());
  }
  const addProvider = (name: string, xml: string, more: Partial<ProviderSettings> = {}) => {
    const file = join(folder, `${name}.xml`);
    writeFileSync(file, xml);
    const trusting: Partial<ProviderSettings> = { trustedFor: ['userName'], ...more };
    const wanted = { name, metadata: file, entityId: null, signer: null, settings: trusting };
    return addByMetadata(providers, attribution('console'), wanted);
  };
  const key = newKey();
  const provider = await addProvider('uni', metadataOf(key), settings);
  return {
    ...test,
    ...{ address: baseUrl, key, keys, provider, providers, logged, folder, masterKey, addProvider },
    browser: (instance = 0) => newBrowser(addresses[instance] ?? baseUrl),
    ask: async (browser, { idp = 'uni', query = '' } = {}) => {
      const answer = await browser.open(`/saml/${idp}/login${query}`);
      const url = new URL(answer.headers.get('Location') ?? 'missing:');
      const message = Buffer.from(url.searchParams.get('SAMLRequest') ?? '', 'base64');
      const xml = inflateRawSync(message).toString('utf8');
      const root = `${baseUrl}/saml/${idp}`;
      return {
        id: / ID="([^"]+)"/.exec(xml)?.[1] ?? '',
        relayState: url.searchParams.get('RelayState') ?? '',
        acs: `${root}/acs`,
        entityId: `${root}/metadata`,
      };
    },
    lastReason: () => {
      const last = logged
        .map((line) => JSON.parse(line) as { reason?: string })
        .findLast(({ reason }) => reason !== undefined);
      return last?.reason ?? null;
    },
    close: async () => {
      for (const server of servers) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
      rmSync(folder, { recursive: true, force: true });
      await test.close();
    },
  };
}

/** Headers of a form that a provider's page sends. */
export const FROM_PROVIDER = { Origin: 'https://idp.example.org', 'Sec-Fetch-Site': 'cross-site' };
