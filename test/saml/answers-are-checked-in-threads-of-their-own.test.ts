import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { limitAddresses } from '../../src/sources/saml/address-limit.ts';
import { Verifier } from '../../src/sources/saml/verify/pool.ts';
import { type Asked, ENTITY, newKey, respond, type TestKey } from './provider.ts';

const entry = (name: string): URL => new URL(`../support/${name}`, import.meta.url);
const asked: Asked = { id: '_a', relayState: 'r', acs: 'http://localhost/acs', entityId: 'http://localhost' };
let key: TestKey;
beforeAll(() => {
  key = newKey();
});

const taskOf = (xml: string) => ({
  xml,
  expected: { issuer: ENTITY, acs: asked.acs, audience: asked.entityId },
  certificates: [key.certificate],
  wantResponseSigned: false,
});

describe('a thread', () => {
  const verifier = new Verifier({ entry: entry('saml-worker.mjs'), deadlineMs: 20_000 });
  afterAll(() => verifier.stop());

  it('reads what was signed, and refuses what was not', async () => {
    const xml = respond(asked, { key });
    const [good, bad] = await Promise.all([
      verifier.response(taskOf(xml)),
      verifier.response(taskOf(xml.replaceAll('>alice<', '>mallory<'))),
    ]);
    expect(good).toMatchObject({ kind: 'read', assertion: { issuer: ENTITY } });
    expect(bad).toEqual({ kind: 'refused', reason: 'signature.invalid' });
  });
});

describe('threads that do not answer', () => {
  it('are ended at the deadline, replaced, and no more than so many wait', async () => {
    const verifier = new Verifier({
      entry: entry('stuck-worker.mjs'),
      threads: 1,
      deadlineMs: 100,
      waiting: 2,
    });
    const reads = await Promise.all(Array.from({ length: 4 }, () => verifier.response(taskOf('<x/>'))));
    expect(reads.map((read) => (read.kind === 'refused' ? read.reason : ''))).toEqual([
      'verify.timeout',
      'verify.timeout',
      'verify.busy',
      'verify.busy',
    ]);
    await verifier.stop();
  });
});

describe('one address', () => {
  it('may bring so many answers, and again some after a while; others are not held up', () => {
    let now = 0;
    const admits = limitAddresses(() => now);
    const taken = Array.from({ length: 100 }, () => admits('192.0.2.1')).filter((yes) => yes).length;
    expect(taken).toBe(60);
    expect(admits('192.0.2.2')).toBe(true);
    expect(admits('192.0.2.1')).toBe(false);
    now = 1_000;
    expect(admits('192.0.2.1')).toBe(true);
    for (const network of ['2001:db8:0:1::', '2001:db8::', '2001:db8:2:3:4:5:6:', '2001:db8:7::1:']) {
      const six = Array.from({ length: 100 }, (_, n) => admits(`${network}${n.toString(16)}`));
      expect([network, six.filter((yes) => yes).length]).toEqual([network, 60]);
    }
  });
});
