/** Retiring a source (D-09). */
import { requireTo } from '../core/policies.ts';
import { Refusal } from '../core/refusal.ts';
import { lockGraph } from '../store/closure.ts';
import { recordOrigin } from '../store/changes.ts';
import { assertsNestings } from '../store/feeds/names.ts';
import { planWholeRetraction } from '../store/feeds/pairs.ts';
import { openStaging } from '../store/feeds/staging.ts';
import {
  endPeopleOfSource,
  handOver,
  lockGroupsOfSource,
  lockRetiring,
  markRetired,
  passGroupsOnFrom,
  type RetiringSource,
} from '../store/retiring.ts';
import { followRecords } from './automatic-groups.ts';
import { writePlannedPairs } from './planned-pairs.ts';
import { authorOf, notePlace, record, type Work } from './work.ts';

/** The feed of the watched folder itself, which is always there: it can let go of all that it asserts, and goes on. */
const ALWAYS_THERE = 'csv';
const RETIRABLE: ReadonlySet<string> = new Set(['feed', 'client', 'idp']);

/**
 * Ends what the work's own source asserts, or makes it another's (D-09), and takes the source out of use: nothing comes
 * from it any more. Retracting is implicit (D-02): who is asserted by others stays, and people whom nobody else asserts
 * are deactivated. Handing over moves nobody. Reservations and trust go with it. For administrators. Refuses
 * `source.not_found`, and `source.invalid` for what is built in, for a client that is not revoked, a provider that is
 * not removed, and for handing over to itself.
 */
export async function retireSource(work: Work, { into }: { readonly into: string | null }): Promise<void> {
  const { tx, by } = work;
  requireTo('retire-source', by.actor);
  const source = await lockRetiring(tx, by.source);
  if (source === null) throw new Refusal('source.not_found', { source: by.source });
  const heir = into === null ? null : await lockRetiring(tx, into);
  if (into !== null && heir === null) throw new Refusal('source.not_found', { source: into });
  refuseInUse(source, heir);
  await lockGraph(tx);
  await lockGroupsOfSource(tx, source.n);
  work.originN ??= await recordOrigin(tx, by);
  if (heir === null) await retract(work);
  else await handOver(tx, { from: source.n, to: heir.n });
  notePlace(work, await passGroupsOnFrom(tx, authorOf(work), heir?.n ?? null));
  if (source.name !== ALWAYS_THERE) await markRetired(tx, source.n);
  await record(work, {
    type: 'source.retired',
    before: { source: source.name, kind: source.kind },
    after: { handedTo: heir?.name ?? null },
  });
}

async function retract(work: Work): Promise<void> {
  const { tx, sourceN } = work;
  await openStaging(tx);
  await planWholeRetraction(tx, sourceN);
  await writePlannedPairs(work, { movesNestings: await assertsNestings(tx, sourceN) });
  const { place, deactivated } = await endPeopleOfSource(tx, authorOf(work));
  notePlace(work, place);
  await followRecords(work, deactivated);
}

function refuseInUse({ n, name, kind, in_use: inUse }: RetiringSource, heir: RetiringSource | null): void {
  const refuse = (why: string): Refusal => new Refusal('source.invalid', { why });
  if (!RETIRABLE.has(kind)) throw refuse(`${name} is built in; clients, feeds and providers can be retired.`);
  if (heir?.n === n) throw refuse(`${name} cannot be handed over to itself.`);
  if (heir !== null && !RETIRABLE.has(heir.kind)) {
    throw refuse(`${heir.name} is built in; hand over to a client, a feed or a provider.`);
  }
  if (inUse && kind === 'client') throw refuse(`${name} is let in still; revoke the client first.`);
  if (inUse) throw refuse(`People sign in by ${name} still; remove the provider first.`);
}
