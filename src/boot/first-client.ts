import { scopes } from '../core/scopes.ts';
import { TOKEN_BYTES } from '../core/token.ts';
import { createClient, type TokenMaterial } from '../directory/clients.ts';
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

/**
 * At the first start of an installation makes the client `bootstrap`, with every scope. Answers its token when it
 * was made up here and has to be shown now, for it cannot be shown again; null otherwise, and at later starts. Of
 * several instances that start together, one does it.
 */
export async function makeFirstClient(directory: Directory, first: FirstStart): Promise<string | null> {
  const { chosen, random, expiresAt } = first;
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
      return made.token;
    },
  );
  return chosen === null ? result : null;
}
