/** What a login does to the affiliations of its user, unless the breaker holds them. */
import { affiliationKey } from '../core/affiliations.ts';
import type { UserN } from '../core/ids.ts';
import { type BreakerCounts, isTripped, lostEverything } from '../core/saml/breaker.ts';
import type { Claims } from '../core/saml/claims.ts';
import type { ProviderSettings } from '../core/saml/provider.ts';
import { raiseAlert } from '../store/alerts.ts';
import { countRecentLogins, listFacts, noteLogin, type StandingFact } from '../store/saml/accounts.ts';
import { letAffiliationsLapse, replaceAffiliations, type ToldAffiliation } from './affiliations.ts';
import type { Work } from './work.ts';

export interface LoginProvider {
  readonly n: number;
  readonly name: string;
  readonly entityId: string;
  readonly settings: ProviderSettings;
}

export interface AppliedAffiliations {
  /** In force after the login, `value` or `value@scope`, folded. */
  readonly affiliations: readonly string[];
  readonly gained: readonly string[];
  readonly lost: readonly string[];
  /** True while the breaker keeps what the login would have taken away. */
  readonly isHeld: boolean;
  /** When what was said before ends, as the login said nothing of affiliations; null where it does not. */
  readonly lapsesAt: Date | null;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Replaces what the provider said of the user, on the same authority; the facts lock is taken before (affiliations.ts). */
export async function applyAffiliations(
  work: Work,
  login: {
    readonly provider: LoginProvider;
    readonly user: UserN;
    readonly claims: Claims;
    /** Milliseconds since 1970. */
    readonly now: number;
  },
): Promise<AppliedAffiliations> {
  const { provider, user, claims, now } = login;
  const { settings } = provider;
  const of = { user, authority: claims.authority };
  const standing = await listFacts(work.tx, { ...of, source: work.sourceN });
  const expiresAt = new Date(now + settings.ttlDays * DAY_MS);
  const said = claims.affiliations ?? (settings.absent === 'remove' ? [] : null);
  const told = said?.map((one): ToldAffiliation => ({ ...one, expiresAt })) ?? null;
  const lostAll =
    lostEverything(keysOf(standing), keysOf(told ?? [])) && !(told === null && settings.absent === 'keep');
  const isHeld = await tripsBreaker(work, login, lostAll);

  if (told === null) {
    const lapses = settings.absent === 'grace' && !isHeld && standing.length > 0;
    const lapsesAt = lapses ? new Date(now + settings.graceHours * HOUR_MS) : null;
    if (lapsesAt !== null) await letAffiliationsLapse(work, { ...of, until: lapsesAt });
    return { affiliations: keysOf(standing), gained: [], lost: [], isHeld, lapsesAt };
  }
  const next = isHeld ? [...told, ...standing.filter(({ key }) => !keysOf(told).includes(key))] : told;
  const { gained, lost } = await replaceAffiliations(work, { ...of, told: next });
  return { affiliations: keysOf(next), gained, lost, isHeld, lapsesAt: null };
}

/** Notes the login; raises the alert when too many lost everything. */
async function tripsBreaker(
  work: Work,
  { provider, user }: { readonly provider: LoginProvider; readonly user: UserN },
  lostAll: boolean,
): Promise<boolean> {
  await noteLogin(work.tx, { idp: provider.n, user, lostAll });
  const { logins, lost, is_open } = await countRecentLogins(work.tx, provider.n, provider.name);
  const counts: BreakerCounts = { logins, lost };
  if (!isTripped(counts)) return is_open;
  if (!is_open) {
    const details = { provider: provider.name, logins, lost };
    await raiseAlert(work.tx, { kind: 'provider.breaker', subject: provider.name, details });
  }
  return true;
}

function keysOf(affiliations: readonly (ToldAffiliation | StandingFact)[]): string[] {
  return [...new Set(affiliations.flatMap((one) => affiliationKey(one) ?? []))].sort();
}
