import { randomBytes, randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { apiDoor } from '../../src/api/door.ts';
import { sessionRoutes } from '../../src/api/sessions.ts';
import { consoleDoor } from '../../src/console/door.tsx';
import { type LinkOwner, makeSignInLink } from '../../src/directory/sessions.ts';
import { buildApp } from '../../src/http/app.ts';
import { createSessions } from '../../src/http/session.ts';
import { tokenLookup } from '../../src/http/token.ts';
import { type Browser, newBrowser } from './browser.ts';
import { consoleParts } from '../support/console.ts';
import { openTestDirectory, type TestDirectory } from '../support/directory.ts';

/** The pages and the API on a directory of its own, as a browser meets them. */
export interface TestSite extends TestDirectory {
  readonly address: string;
  readonly faults: unknown[];
  readonly parts: ReturnType<typeof consoleParts>;
  /** A link that signs in the user, or the administrator. */
  link(owner: LinkOwner): Promise<string>;
  browser(): Browser;
}

export async function openSite(options: { readonly baseUrl?: string } = {}): Promise<TestSite> {
  const test = await openTestDirectory();
  const faults: unknown[] = [];
  const log = pino({ level: 'error' }, { write: (line: string) => void faults.push(line) });
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { baseUrl = address } = options;
  const { database, directory } = test;
  const parts = consoleParts(directory);
  const sessions = createSessions({ connection: database, baseUrl });
  const authenticate = tokenLookup(database, () => performance.now());
  const app = buildApp({
    newId: randomUUID,
    doors: [
      apiDoor({ authenticate, sessions, log, baseUrl, routes: sessionRoutes, cursorOfNow: async () => '' }),
      consoleDoor({ ...parts, sessions, log }),
    ],
    trustsProxy: false,
  });
  server.on('request', app.callback());

  return {
    ...test,
    address,
    faults,
    parts,
    link: async (owner) => {
      const secret = randomBytes(32).toString('base64url');
      await test.do((work) => makeSignInLink(work, owner, secret));
      return `/sign-in/${secret}`;
    },
    browser: () => newBrowser(address),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await test.close();
      rmSync(parts.imports.watchDir, { recursive: true, force: true });
    },
  };
}
