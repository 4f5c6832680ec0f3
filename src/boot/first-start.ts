import { scopes } from '../core/scopes.ts';
import { SECRET_BYTES } from '../core/session.ts';
import { TOKEN_BYTES } from '../core/token.ts';
import { createClient, type TokenMaterial } from '../directory/clients.ts';
import { foundDirectory } from '../directory/founding.ts';
import { makeSignInLink } from '../directory/sessions.ts';
import { perform, type Directory } from '../directory/work.ts';
import { claimFirstStart } from '../store/installation.ts';

/** What a first start goes by. */
export interface FirstStart {
  /** MUSTER_BOOTSTRAP_TOKEN; null for a random one. */
  readonly chosen: string | null;
  readonly random: (bytes: number) => Buffer;
  /** When a random token ends. */
  readonly expiresAt: Date;
}

/** What has to be shown at the first start, for it cannot be shown again. */
export interface FirstSecrets {
  /** The token of the client `bootstrap`; null when it was chosen and not made up here. */
  readonly token: string | null;
  /** Signs the administrator in, once. */
  readonly link: string;
}

/**
 * At the first start of an installation makes the client `bootstrap`, with every scope, and a sign-in link for the
 * administrator; null at later starts. Of several instances that start together, one does it.
 */
export async function beginInstallation(
  directory: Directory,
  first: FirstStart,
): Promise<FirstSecrets | null> {
  const { chosen, random, expiresAt } = first;
  const link = random(SECRET_BYTES).toString('base64url');
  const material: TokenMaterial =
    chosen === null ? { kind: 'random', bytes: random(TOKEN_BYTES) } : { kind: 'chosen', token: chosen };
  const { result } = await perform(
    directory,
    {
      actor: { kind: 'system', id: 'start' },
      onBehalfOf: null,
      source: 'system',
      origin: { kind: 'command', command: 'serve' },
      requestId: null,
    },
    async (work) => {
      if (!(await claimFirstStart(work.tx))) return null;
      await foundDirectory(work);
      const made = await createClient(
        work,
        {
          name: 'bootstrap',
          profile: 'auto',
          namespace: 'all',
          scopes,
          allow: [],
          expiresAt: chosen === null ? expiresAt : null,
        },
        material,
      );
      await makeSignInLink(work, 'administrator', link);
      return { token: chosen === null ? made.token : null, link };
    },
  );
  return result;
}
