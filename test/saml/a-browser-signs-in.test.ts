import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Browser, chromium } from 'playwright-core';
import { findProgram, needs } from '../support/needs.ts';
import { formOf, metadataOf, newKey, respond } from './provider.ts';
import { openSamlSite, type SamlSite } from './site.ts';

const key = newKey();

/** A provider whose page posts its answer by itself, as providers' pages do. */
async function startProvider(site: () => SamlSite): Promise<Server> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://provider');
    if (!url.searchParams.has('SAMLRequest')) return void response.writeHead(404).end();
    if (url.pathname === '/slo') {
      response.setHeader('Content-Type', 'text/html');
      return void response.end('<h1>Signed out at the provider</h1>');
    }
    const message = Buffer.from(url.searchParams.get('SAMLRequest') ?? '', 'base64');
    const id = / ID="([^"]+)"/.exec(inflateRawSync(message).toString('utf8'))?.[1] ?? '';
    const root = `${site().address}/saml/browser`;
    const asked = {
      id,
      relayState: url.searchParams.get('RelayState') ?? '',
      acs: `${root}/acs`,
      entityId: `${root}/metadata`,
    };
    const issuer = 'https://browser.example.org';
    const xml = respond(asked, { key, issuer, responseIssuer: issuer, attributes: { uid: ['bert'] } });
    const fields = Object.entries(formOf(xml, asked));
    const inputs = fields
      .map(([name, value]) => `<input type="hidden" name="${name}" value="${value}">`)
      .join('');
    response.setHeader('Content-Type', 'text/html');
    response.end(
      `<body onload="document.forms[0].submit()"><form method="post" action="${asked.acs}">${inputs}</form>`,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  return server;
}

needs('chromium')('a browser', () => {
  let site: SamlSite;
  let provider: Server;
  let browser: Browser;
  beforeAll(async () => {
    site = await openSamlSite();
    provider = await startProvider(() => site);
    const root = `http://localhost:${(provider.address() as AddressInfo).port}`;
    const places = { login: `${root}/sso`, logout: `${root}/slo` };
    await site.addProvider(
      'browser',
      metadataOf(key, { entityId: 'https://browser.example.org', ...places }),
      {
        title: 'the test provider',
      },
    );
    browser = await chromium.launch({
      executablePath: findProgram('chromium') ?? '',
      args: ['--no-sandbox'],
    });
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    provider.closeAllConnections();
    provider.close();
    await site.close();
  });

  it('signs in by the provider across sites, sees its own page, and signs out', async () => {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => void complaints.push(message.text()));
    await page.goto(site.address);
    await page.getByRole('link', { name: 'Sign in with the test provider' }).click();
    await page.getByRole('banner').getByText('bert').waitFor();
    expect(new URL(page.url()).pathname).toBe('/');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Signed out at the provider' }).waitFor();
    await page.goto(site.address);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(complaints.filter((text) => /security policy/i.test(text))).toEqual([]);
  }, 60_000);
});
