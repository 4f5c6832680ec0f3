import { createPublicKey, randomBytes, verify } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import {
  isSigningKey,
  privateKey,
  publicKey,
  sharedSecret,
  signMessage,
} from '../../src/targets/connectors/webhook/signature.ts';

const message = { id: 'msg_1', payload: '{"type":"user.created","data":{"name":"Zoë"}}' };
const at = (): number => Date.now();
const SPKI_HEAD = Buffer.from('302a300506032b6570032100', 'hex');

describe('signatures of webhooks', () => {
  it('are accepted by the verifier of standardwebhooks', () => {
    const secret = sharedSecret(randomBytes(32));
    const headers = signMessage({ ...message, at: at() }, [secret]);
    expect(new Webhook(secret).verify(message.payload, { ...headers })).toEqual(JSON.parse(message.payload));
  });

  it('are accepted under either key during a rotation', () => {
    const [old, fresh] = [sharedSecret(randomBytes(32)), sharedSecret(randomBytes(24))];
    const headers = signMessage({ ...message, at: at() }, [fresh, old]);
    for (const key of [old, fresh]) new Webhook(key).verify(message.payload, { ...headers });
    expect(() =>
      new Webhook(sharedSecret(randomBytes(32))).verify(message.payload, { ...headers }),
    ).toThrow();
  });

  it('are refused when the payload was touched', () => {
    const secret = sharedSecret(randomBytes(32));
    const headers = signMessage({ ...message, at: at() }, [secret]);
    expect(() => new Webhook(secret).verify(`${message.payload} `, { ...headers })).toThrow();
  });

  it('are verified with the public key alone when made with ed25519 (v1a)', () => {
    const key = privateKey(randomBytes(32));
    const headers = signMessage({ ...message, at: at() }, [key]);
    const [version, signature = ''] = headers['webhook-signature'].split(',');
    expect(version).toBe('v1a');
    const spki = Buffer.concat([SPKI_HEAD, Buffer.from(publicKey(key).replace('whpk_', ''), 'base64')]);
    const content = `${message.id}.${headers['webhook-timestamp']}.${message.payload}`;
    const isGood = verify(
      null,
      Buffer.from(content),
      createPublicKey({ key: spki, format: 'der', type: 'spki' }),
      Buffer.from(signature, 'base64'),
    );
    expect(isGood).toBe(true);
  });

  it('need keys of the right size', () => {
    expect(isSigningKey(sharedSecret(randomBytes(24)))).toBe(true);
    expect(isSigningKey(sharedSecret(randomBytes(23)))).toBe(false);
    expect(isSigningKey(privateKey(randomBytes(32)))).toBe(true);
    expect(isSigningKey('secret')).toBe(false);
  });
});
