/** Looking at the members of groups, by their lists or, where the target shows none, by sampling (O-08). */
import type { GroupN, UserN } from '../../../core/ids.ts';
import { effectiveAmong } from '../../../store/targets/desired.ts';
import {
  insertFinding,
  type ListRow,
  listsAfter,
  noteSeen,
  strangersTo,
  usersWithIds,
} from '../../../store/targets/drift.ts';
import { moveMembers, readMemberSet } from '../../../store/targets/member-sets.ts';
import { lockObject, moveObject, moveObjectCounts, readObjects } from '../../../store/targets/objects.ts';
import type { MemberObservation } from '../../connector.ts';
import { ask, fenced, inParallel, learn, report, request, type TargetContext } from '../context.ts';
import { markMembers } from '../marks.ts';
import { type Going, isForGood, type Look } from './look.ts';

/** Members that are asked for one by one where a target lists none. */
const SAMPLE = 20;
/** Users there that should be no members, asked for alike. */
const STRANGERS = 5;
const SLICE = 10_000;

/** Compares the members of the next few groups. */
export async function lookAtLists(look: Look, after: number): Promise<Going<number>> {
  const { context } = look;
  const limit = context.settings.concurrency;
  const rows = await listsAfter(context.database, context.target, { after, limit });
  const waits: string[] = [];
  await inParallel(rows, limit, async (row) => {
    const why = await lookAtList(look, row);
    if (why !== null) waits.push(why);
  });
  const [waiting] = waits;
  if (waiting !== undefined) return { waits: waiting };
  const last = rows.at(-1);
  return { next: last === undefined || rows.length < limit ? null : last.n };
}

/** Answers why it has to be looked at again later; null when it was done. */
async function lookAtList(look: Look, row: ListRow): Promise<string | null> {
  const { context } = look;
  const { connector, traits } = context;
  const applied = await appliedIds(context, row.n);
  const sample = await sampleOf(context, row.n, applied);
  const answer = await ask(context, () => connector.observeMembers(row.remote_id, sample, traits));
  switch (answer.kind) {
    case 'failed': {
      const { outcome } = answer;
      const why = 'why' in outcome ? outcome.why : outcome.kind;
      if (!isForGood(outcome)) return why;
      look.blind.add(`the members of ${row.name} cannot be read: ${why}`);
      return null;
    }
    case 'unreadable':
      look.blind.add(`the members of ${row.name} cannot be read`);
      return null;
    case 'absent':
      await noteAbsent(look, row);
      return null;
    case 'all':
    case 'sample':
      if (answer.kind === 'sample' && answer.members.size > 0 && traits.membersReadable) {
        await learn(
          context,
          { membersReadable: false },
          { members: 'listed none, but answered to single ones' },
        );
      }
      await compare(look, row, { applied, answer });
      return null;
  }
}

/** Ids there of all members that the ledger holds as applied. */
async function appliedIds({ database, target }: TargetContext, group: GroupN): Promise<Map<string, UserN>> {
  const ids = new Map<string, UserN>();
  const members = await readMemberSet(database, { target, group, aspect: 'a' });
  for (let start = 0; start < members.length; start += SLICE) {
    const slice = members.slice(start, start + SLICE);
    for (const { n, remote_id: id } of await readObjects(database, target, 'u', slice)) {
      if (id !== null) ids.set(id, n as UserN);
    }
  }
  return ids;
}

async function sampleOf(
  { database, target, world }: TargetContext,
  group: GroupN,
  applied: ReadonlyMap<string, UserN>,
): Promise<string[]> {
  const ids = [...applied.keys()];
  const step = Math.max(1, Math.floor(ids.length / SAMPLE));
  const first = Math.floor(world.random() * step);
  const members = ids.filter((_id, at) => at % step === first % step).slice(0, SAMPLE);
  const strangers = await strangersTo(database, { target, group, limit: STRANGERS });
  return [...members, ...strangers];
}

interface Seen {
  readonly applied: ReadonlyMap<string, UserN>;
  readonly answer: Extract<MemberObservation, { kind: 'all' | 'sample' }>;
}

async function compare(look: Look, row: ListRow, { applied, answer }: Seen): Promise<void> {
  const { context, mends } = look;
  const { target, database } = context;
  const isAsked = (id: string): boolean => answer.kind === 'all' || answer.asked.has(id);
  const gone = [...applied].filter(([id]) => isAsked(id) && !answer.members.has(id)).map(([, n]) => n);
  const others = [...answer.members].filter((id) => !applied.has(id));
  const known = await usersWithIds(database, target, others);
  const foreign = others.filter((id) => !known.has(id));
  const come = [...known.values()];
  await fenced(context, async (tx) => {
    await noteSeen(tx, target, 'm', [row.n]);
    if (gone.length + come.length === 0) return;
    const desired = await effectiveAmong(tx, { target, group: row.n }, [...gone, ...come]);
    const missing = gone.filter((user) => desired.has(user));
    const extra = come.filter((user) => !desired.has(user));
    const about = { objectKind: 'm', n: row.n, mended: mends } as const;
    for (const [kind, members] of [
      ['members_missing', missing],
      ['members_extra', extra],
    ] as const) {
      const total = members.length;
      if (total > 0) await insertFinding(tx, target, { kind, members, total, ...about });
    }
    if (!mends) return;
    await lockObject(tx, target, 'm', row.n);
    const moved = await moveMembers(tx, { target, group: row.n, aspect: 'a' }, { add: come, remove: gone });
    const nothing = { add: 0, remove: 0, waiting: 0, blocked: 0 };
    await moveObjectCounts(tx, target, row.n, { ...nothing, applied: moved });
    await markMembers(tx, target, { group: row.n, users: [...gone, ...come], refused: 'again' });
  });
  if (foreign.length > 0) await sendAway(look, row, foreign);
}

/**
 * Members that Muster knows nothing of. A group that we made holds whom we put there, so they are taken out again;
 * one that was adopted had a life before us, and so many at once that a guard would ask are left to a person.
 */
async function sendAway(look: Look, row: ListRow, foreign: readonly string[]): Promise<void> {
  const { context, mends } = look;
  const { target, connector, traits, guards } = context;
  const isOurs = mends && row.owned === 'c' && foreign.length <= guards.atLeast;
  let left: readonly string[] = foreign;
  while (isOurs && left.length > 0) {
    const members = left.slice(0, traits.chunk);
    const operation = { kind: 'remove-members', group: row.remote_id, members } as const;
    const outcome = await request(context, () => connector.apply(operation, traits));
    report(context, 'remove-members', `${row.name} (${members.length} unknown)`, outcome);
    if (outcome.kind !== 'applied' && outcome.kind !== 'noop') break;
    left = left.slice(members.length);
  }
  const isDone = left.length === 0;
  await fenced(context, async (tx) => {
    const total = foreign.length;
    await insertFinding(tx, target, {
      ...{ kind: 'members_foreign', objectKind: 'm', n: row.n, detail: foreign, total, mended: isDone },
    });
    // An event that moves nothing here: what else is due of the list stays due.
    if (isDone) await moveObject(tx, { target, kind: 'm', n: row.n }, 'woken', { applied: true });
  });
}

async function noteAbsent({ context, mends }: Look, { n }: ListRow): Promise<void> {
  const { target } = context;
  await fenced(context, async (tx) => {
    await insertFinding(tx, target, { kind: 'missing', objectKind: 'g', n, mended: mends });
    if (mends) await moveObject(tx, { target, kind: 'g', n }, 'marked', { appliedHash: null });
  });
}
