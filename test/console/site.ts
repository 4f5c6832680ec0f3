import { randomBytes, randomUUID } from 'node:crypto';
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
import { openTestDirectory, type TestDirectory } from '../support/directory.ts';

/** The pages and the API on a directory of its own, as a browser meets them. */
export interface TestSite extends TestDirectory {
  readonly address: string;
  readonly faults: unknown[];
  /** A link that signs in the user, or the administrator. */
  link(owner: LinkOwner): Promise<string>;
  browser(): Browser;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface Browser {
  /** The cookies that it holds. */
  readonly cookies: Map<string, string>;
  /** Opens an address as if typed; redirects are not followed. */
  open(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** Sends a form from one of our pages, or as the headers say otherwise. */
  post(
    path: string,
    fields?: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
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
  const sessions = createSessions({ connection: database, baseUrl });
  const authenticate = tokenLookup(database, () => performance.now());
  const app = buildApp({
    newId: randomUUID,
    doors: [
      apiDoor({ authenticate, sessions, log, baseUrl, routes: sessionRoutes, cursorOfNow: async () => '' }),
      consoleDoor({ directory, sessions, log, random: randomBytes, waysIn: () => Promise.resolve([]) }),
    ],
    trustsProxy: false,
  });
  server.on('request', app.callback());

  return {
    ...test,
    address,
    faults,
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
    },
  };
}

function newBrowser(address: string): Browser {
  const cookies = new Map<string, string>();
  const send = async (path: string, init: RequestInit): Promise<Answer> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(`${address}${path}`, {
      ...init,
      redirect: 'manual',
      headers: { ...(cookie === '' ? {} : { Cookie: cookie }), ...(init.headers as Record<string, string>) },
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '' || line.includes('Max-Age=0')) cookies.delete(name);
      else cookies.set(name, value);
    }
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  };
  return {
    cookies,
    open: (path, headers = {}) => send(path, { headers: { 'Sec-Fetch-Site': 'none', ...headers } }),
    post: (path, fields = {}, headers = {}) =>
      send(path, {
        method: 'POST',
        body: new URLSearchParams(fields),
        headers: { Origin: address, 'Sec-Fetch-Site': 'same-origin', ...headers },
      }),
  };
}

/** The token that a page's forms carry. */
export function csrfIn({ text }: Answer): string {
  return /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? '';
}
