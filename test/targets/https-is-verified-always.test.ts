import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { authority } from '../../src/targets/connectors/authority.ts';
import { openHttpClient } from '../../src/targets/outgoing/http-client.ts';
import { makeCertificate } from '../support/certificate.ts';

describe('a target over HTTPS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-https-'));
  const own = makeCertificate(folder);
  const other = makeCertificate(folder);
  const servers = new Map<string, Server>();
  let requests = 0;
  beforeAll(async () => {
    const tls = { cert: readFileSync(own.certFile), key: readFileSync(own.keyFile) };
    for (const address of ['127.0.0.1', '127.0.0.2']) {
      const server = createServer(tls, (_request, response) => {
        requests += 1;
        response.end('{}');
      });
      servers.set(address, server);
      await new Promise<void>((resolve) => server.listen(0, address, resolve));
    }
  });
  afterAll(() => {
    for (const server of servers.values()) server.close();
    rmSync(folder, { recursive: true });
  });

  const post = async (host: string, ca?: string) => {
    const settings = { allowPrivate: true, timeoutMs: 5_000, connections: 1 };
    const client = openHttpClient(ca === undefined ? settings : { ...settings, ca });
    try {
      const server = servers.get(host === 'localhost' ? '127.0.0.1' : host);
      const { port } = server?.address() as AddressInfo;
      return await client.send({
        method: 'POST',
        url: `https://${host}:${port}/`,
        headers: {},
        body: 'secret',
      });
    } finally {
      await client.close();
    }
  };

  it('is spoken to when its certificate is signed by the authority of the settings', async () => {
    expect(await post('localhost', own.pem)).toMatchObject({ kind: 'answer', status: 200 });
  });

  it.each([
    ['nobody known signed it', 'localhost', undefined],
    ['another authority was to sign it', 'localhost', other.pem],
    ['it is for another name', '127.0.0.2', own.pem],
  ])('is sent nothing when %s', async (_case, host, ca) => {
    const before = requests;
    const reply = await post(host, ca);
    expect(reply).toMatchObject({ kind: 'failed', outcome: { kind: 'down' } });
    expect(JSON.stringify(reply)).toMatch(/CERT|cert/);
    expect(requests).toBe(before);
  });

  it('takes certificates for the authority of the settings, and no path or half of one', () => {
    expect(authority.safeParse(`${own.pem}\n${other.pem}`).success).toBe(true);
    const half = own.pem.replace(/\n[^-\n]+\n/, '\n');
    for (const text of ['', own.certFile, `@${own.certFile}`, half, `${own.pem}\n${half}`]) {
      expect({ text, taken: authority.safeParse(text).success }).toEqual({ text, taken: false });
    }
  });

  it('cannot be excused by a variable of the environment', async () => {
    const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    try {
      expect(await post('localhost')).toMatchObject({ kind: 'failed' });
    } finally {
      if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
      else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
    }
  });
});
