/**
 * What identity providers say of people, and the groups `affiliation.<value>` that follow it (D-16).
 * A membership that follows from a fact is asserted by the provider that told it.
 */
import { type Affiliation, affiliationKey } from '../core/affiliations.ts';
import type { Attribution } from '../core/attribution.ts';
import type { UserN } from '../core/ids.ts';
import { Refusal } from '../core/refusal.ts';
import {
  affiliationDifference,
  endExpiredFacts,
  type FactWrite,
  limitFacts,
  lockUserForFacts,
  replaceFacts,
  sourcesWithExpiredFacts,
} from '../store/affiliations.ts';
import { lockFacts } from '../store/facts-lock.ts';
import { moveMembers } from './automatic-groups.ts';
import { type Directory, perform, record, type Work } from './work.ts';

/** An affiliation that a provider told, and when it stops being true by itself; null for never. */
export interface ToldAffiliation extends Affiliation {
  readonly expiresAt: Date | null;
}

/** Of whom, and on whose authority: the empty text where the provider speaks for itself. The provider is the source of the work. */
export interface AffiliationsOf {
  readonly user: UserN;
  readonly authority: string;
}

export interface AffiliationsReplaced {
  /** Folded affiliations, `value` or `value@scope`, that were not in force by this authority before. */
  readonly gained: readonly string[];
  readonly lost: readonly string[];
  /** What was told and is no affiliation: empty, too long, or with an `@` inside. */
  readonly unfit: readonly Affiliation[];
}

/**
 * Makes what a provider says of a user's affiliations, on one authority, these and no others; other providers'
 * and authorities' facts stay. The groups follow in the same transaction. Equal ones are one, without case.
 * Refuses `user.not_found`.
 */
export async function replaceAffiliations(
  work: Work,
  { user, authority, told }: AffiliationsOf & { readonly told: readonly ToldAffiliation[] },
): Promise<AffiliationsReplaced> {
  await lockForFacts(work, user);
  const facts = new Map<string, FactWrite>();
  const unfit: Affiliation[] = [];
  for (const { value, scope, expiresAt } of told) {
    const key = affiliationKey({ value, scope });
    if (key === null) unfit.push({ value, scope });
    else facts.set(key, { key, value: value.trim(), scope: scope?.trim() ?? null, expiresAt });
  }
  const of = { user, authority, source: work.sourceN };
  const { gained, lost } = await replaceFacts(work.tx, of, [...facts.values()]);
  if (gained.length + lost.length > 0) {
    const before = { lost, authority };
    await record(work, { type: 'user.affiliations_changed', user, before, after: { gained, authority } });
    await followFacts(work, [user]);
  }
  return { gained, lost, unfit };
}

/**
 * Lets what a provider says of a user, on one authority, end at `until` at the latest, for a login that said nothing
 * of affiliations at all (A-03, `grace`). Refuses `user.not_found`.
 */
export async function letAffiliationsLapse(
  work: Work,
  { user, authority, until }: AffiliationsOf & { readonly until: Date },
): Promise<void> {
  await lockForFacts(work, user);
  await limitFacts(work.tx, { user, authority, source: work.sourceN }, until);
}

/** Users to a round: little enough to be one short transaction. */
const AT_ONCE = 1_000;

/** Ends the affiliations whose time is over, each in the name of its provider. Answers how many users lost some. */
export async function endExpiredAffiliations(directory: Directory): Promise<number> {
  let users = 0;
  for (const source of await sourcesWithExpiredFacts(directory.database)) {
    const { result } = await perform(directory, byTime(source), async (work) => {
      await lockFacts(work.tx);
      const lost = await endExpiredFacts(work.tx, work.sourceN, AT_ONCE);
      await followFacts(work, lost);
      return lost.length;
    });
    users += result;
  }
  return users;
}

/** The facts lock before the user's: whoever fills a group holds it alone and reads users without locking them. */
async function lockForFacts(work: Work, user: UserN): Promise<void> {
  await lockFacts(work.tx);
  if (!(await lockUserForFacts(work.tx, user))) throw new Refusal('user.not_found', { user: String(user) });
}

async function followFacts(work: Work, users: readonly UserN[]): Promise<void> {
  if (users.length === 0) return;
  const { join, leave } = await affiliationDifference(work.tx, users, work.sourceN);
  await moveMembers(work, { source: work.sourceN, join, leave });
}

function byTime(source: string): Attribution {
  return {
    actor: { kind: 'system', id: 'expiry' },
    onBehalfOf: null,
    source,
    origin: { kind: 'command', command: 'expiry' },
    requestId: null,
  };
}
