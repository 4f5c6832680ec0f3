import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { faultOfAddress, faultOfHost, kindOfAddress } from '../../src/targets/outgoing/address.ts';
import { openHttpClient } from '../../src/targets/outgoing/http-client.ts';

jest.setTimeout(60_000);

describe('addresses of targets', () => {
  it.each([
    ['93.184.215.14', 'public'],
    ['2606:2800:21f:cb07:6820:80da:af6b:8b2c', 'public'],
    ['127.0.0.1', 'private'],
    ['10.1.2.3', 'private'],
    ['172.31.255.255', 'private'],
    ['172.32.0.0', 'public'],
    ['192.168.0.1', 'private'],
    ['100.64.0.1', 'private'],
    ['::1', 'private'],
    ['fd12:3456::1', 'private'],
    ['::ffff:10.0.0.1', 'private'],
    ['::ffff:7f00:1', 'private'],
    ['[::1]', 'private'],
    ['169.254.169.254', 'never'],
    ['::ffff:169.254.169.254', 'never'],
    ['fd00:ec2::254', 'never'],
    ['0.0.0.0', 'never'],
    ['::', 'never'],
    ['fe80::1%eth0', 'never'],
    ['224.0.0.1', 'never'],
    ['255.255.255.255', 'never'],
    ['64:ff9b::7f00:1', 'never'],
    ['2002:7f00:1::', 'never'],
    ['localhost', 'never'],
    ['127.1', 'never'],
  ])('%s is %s', (address, kind) => {
    expect(kindOfAddress(address)).toBe(kind);
  });

  it('are judged alike whether written as IPv4 or as IPv6 that carries it', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        expect(kindOfAddress(`::ffff:${address}`)).toBe(kindOfAddress(address));
      }),
    );
  });

  it('that are private pass only where the target allows them', () => {
    expect(faultOfAddress('10.0.0.1', { allowPrivate: false })).toContain('allowPrivate');
    expect(faultOfAddress('10.0.0.1', { allowPrivate: true })).toBeNull();
    expect(faultOfAddress('169.254.169.254', { allowPrivate: true })).not.toBeNull();
  });
});

describe('hosts as people write them', () => {
  const here = { allowPrivate: false };
  it.each([
    '169.254.169.254',
    '[fe80::1]',
    'fd00:ec2::254',
    'metadata.google.internal',
    'metadata',
    '0.0.0.0',
  ])('are refused whatever the settings say: %s', (host) => {
    expect(faultOfHost(host, { allowPrivate: true })).toMatch(/never a target/);
  });
  it.each(['10.0.0.8', 'localhost', 'LOCALHOST.', '[::1]', 'wiki.localhost'])(
    'need allowPrivate where they are of a private network: %s',
    (host) => {
      expect(faultOfHost(host, here)).toContain('allowPrivate');
      expect(faultOfHost(host, { allowPrivate: true })).toBeNull();
    },
  );
  it.each(['wiki.example.org', '93.184.215.14', 'metadata-wiki.example.org'])('pass: %s', (host) => {
    expect(faultOfHost(host, here)).toBeNull();
  });
});

describe('connections to targets', () => {
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    if (request.url === '/away') response.writeHead(307, { location: '/elsewhere' }).end();
    else if (request.url === '/endless') endless(response);
    else if (request.url === '/drip') drip(response);
    else response.end('{}');
  });
  /** More than anybody has to say, as fast as it is taken. */
  const endless = (response: ServerResponse): void => {
    const piece = Buffer.alloc(1024 * 1024, 'x');
    const more = (): void => {
      while (!response.destroyed && response.write(piece));
      response.once('drain', more);
    };
    more();
  };
  /** A byte now and then, so that no wait for the next one is ever long. */
  const drip = (response: ServerResponse): void => {
    const timer = setInterval(() => response.write(' '), 20);
    response.once('close', () => clearInterval(timer));
  };
  let port = 0;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => {
    server.close();
  });

  const get = async (
    url: string,
    allowPrivate: boolean,
    { method = 'POST', timeoutMs = 2_000 }: { method?: 'GET' | 'POST'; timeoutMs?: number } = {},
  ) => {
    const client = openHttpClient({ allowPrivate, timeoutMs, connections: 1 });
    try {
      return await client.send({ method, url, headers: {}, ...(method === 'GET' ? {} : { body: '{}' }) });
    } finally {
      await client.close();
    }
  };

  it.each([
    (p: number) => `http://127.0.0.1:${p}/`,
    (p: number) => `http://localhost:${p}/`,
    (p: number) => `http://2130706433:${p}/`,
    (p: number) => `http://0x7f.1:${p}/`,
    (p: number) => `http://[::ffff:127.0.0.1]:${p}/`,
  ])('never reach a private address by any way of writing it %#', async (url) => {
    const before = requests;
    const reply = await get(url(port), false);
    expect(reply).toMatchObject({ kind: 'failed', outcome: { kind: 'down' } });
    expect(requests).toBe(before);
  });

  it('reach it where the target allows private addresses', async () => {
    expect(await get(`http://localhost:${port}/`, true)).toMatchObject({ kind: 'answer', status: 200 });
  });

  it('do not follow redirects', async () => {
    const before = requests;
    expect(await get(`http://127.0.0.1:${port}/away`, true)).toMatchObject({ kind: 'answer', status: 307 });
    expect(requests).toBe(before + 1);
  });

  it('end with an answer that never ends, however fast or slow it comes', async () => {
    // Ended by its size, long before its time: what was asked for cannot be read, what was sent was taken.
    const [asked, sent] = [
      await get(`http://127.0.0.1:${port}/endless`, true, { method: 'GET', timeoutMs: 60_000 }),
      await get(`http://127.0.0.1:${port}/endless`, true, { timeoutMs: 60_000 }),
    ];
    const why = expect.stringContaining('more than 32 MiB');
    expect(asked).toMatchObject({ kind: 'failed', outcome: { kind: 'rejected', why } });
    expect(sent).toMatchObject({ kind: 'answer', status: 200, body: '' });
    const dripped = await get(`http://127.0.0.1:${port}/drip`, true, { timeoutMs: 500 });
    expect(dripped).toMatchObject({
      kind: 'failed',
      outcome: { kind: 'ambiguous', why: 'no answer in time' },
    });
  });

  it('name what went wrong once', async () => {
    const reply = await get('http://name.invalid:1/', true);
    const why = reply.kind === 'failed' && 'why' in reply.outcome ? reply.outcome.why : '';
    expect(why.match(/ENOTFOUND|EAI_AGAIN/g)).toHaveLength(1);
  });

  it('that cannot be made leave nothing unknown', async () => {
    const reply = await get('http://127.0.0.1:1/', true);
    expect(reply).toMatchObject({ kind: 'failed', outcome: { kind: 'down' } });
  });
});
