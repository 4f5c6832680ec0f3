/** Logins by SAML: the threads that check answers, our keys, and the job that keeps the providers' metadata fresh. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Attribution } from '../core/attribution.ts';
import { deriveKey } from '../core/seal.ts';
import type { Directory } from '../directory/work.ts';
import { type Providers, refreshProvider } from '../sources/saml/admin.ts';
import { type KeyRing, keyRing } from '../sources/saml/keys/ring.ts';
import { Verifier } from '../sources/saml/verify/pool.ts';
import { takeLease } from '../store/leases.ts';
import { listDueProviders } from '../store/saml/providers.ts';

export interface SamlGround {
  readonly directory: Directory;
  readonly masterKey: Buffer;
  readonly baseUrl: string;
}

/** Our keys, of this installation. */
export function samlKeys({ directory: { database }, masterKey, baseUrl }: SamlGround): KeyRing {
  return keyRing({
    database,
    key: deriveKey(masterKey, 'saml-keys'),
    random: randomBytes,
    now: Date.now,
    host: new URL(baseUrl).hostname,
  });
}

/** The threads; none runs before the first answer comes. */
export function samlVerifier(): Verifier {
  return new Verifier({ entry: new URL('../sources/saml/verify/worker.js', import.meta.url) });
}

/** Providers, for doors and commands. */
export function providersOf(directory: Directory, verifier: Verifier): Providers {
  return { directory, readMetadata: (task) => verifier.metadata(task), now: Date.now, random: randomBytes };
}

export interface SamlUpkeep {
  stop(): Promise<void>;
}

/** Metadata are looked for so often; federations publish theirs some times a day. */
const FRESH_S = 3_600;
const EVERY_MS = 60_000;

/** Looks at once, then every minute, in one instance at a time. */
export function startSamlUpkeep(
  providers: Providers,
  { keys, log }: { readonly keys: KeyRing; readonly log: Logger },
): SamlUpkeep {
  const state: { isStopping: boolean; timer: NodeJS.Timeout | null } = { isStopping: false, timer: null };
  const holder = randomUUID();
  const round = async (): Promise<void> => {
    try {
      const { database } = providers.directory;
      const turn = { name: 'saml-upkeep', holder, seconds: EVERY_MS / 500 };
      if ((await takeLease(database, turn)) !== null) {
        await keys.tend();
        for (const provider of await listDueProviders(database, FRESH_S)) {
          if (state.isStopping) break;
          const isFresh = (await refreshProvider(providers, upkeep(provider.name), provider)) !== null;
          if (!isFresh)
            log.warn({ provider: provider.id }, 'Metadata could not be refreshed; the last good copy stays.');
        }
      }
    } catch (error) {
      log.warn({ err: error }, 'Keeping up with identity providers failed; the next round tries again.');
    }
    if (!state.isStopping) state.timer = setTimeout(() => (running = round()), EVERY_MS);
  };
  let running = round();
  return {
    stop: async () => {
      state.isStopping = true;
      if (state.timer !== null) clearTimeout(state.timer);
      await running;
    },
  };
}

function upkeep(source: string): Attribution {
  return {
    actor: { kind: 'system', id: 'metadata' },
    onBehalfOf: null,
    source,
    origin: { kind: 'command', command: 'metadata refresh' },
    requestId: null,
  };
}
