/** Credentials of targets at rest: sealed with a key of their own, bound to the target that they belong to. */
import { NONCE_BYTES, openSecret, sealSecret } from '../core/seal.ts';

export interface Vault {
  readonly seal: (target: string, credentials: Readonly<Record<string, unknown>>) => Buffer;
  /** Throws when the master key is another one. */
  readonly open: (target: string, sealed: Buffer) => Readonly<Record<string, unknown>>;
}

/** `key`: of the purpose `target-credentials`. `random` gives that many random bytes. */
export function targetVault(key: Buffer, random: (bytes: number) => Buffer): Vault {
  return {
    seal: (context, credentials) =>
      sealSecret(key, { plain: JSON.stringify(credentials), nonce: random(NONCE_BYTES), context }),
    open: (context, sealed) => {
      const plain = openSecret(key, sealed, context);
      if (plain === null) throw new Error('The credentials were sealed with another master key.');
      return readObject(plain);
    },
  };
}

function readObject(plain: string): Readonly<Record<string, unknown>> {
  return JSON.parse(plain) as Readonly<Record<string, unknown>>;
}
