/**
 * Work on the members of groups: one chunk at a time per group, for two requests to one group at once lose
 * updates at many services. Removals go first: who lost access should lose it soon.
 */
import type { GroupN, UserN } from '../../core/ids.ts';
import { cutIntoChunks } from '../../core/targets/chunk.ts';
import { type ChunkVerdict, judgeChunk } from '../../core/targets/member-chunks.ts';
import { isSettled, type Outcome } from '../../core/targets/outcome.ts';
import type { Tx } from '../../store/database.ts';
import { endAttempt, insertAttempt } from '../../store/targets/attempts.ts';
import { effectiveAmong } from '../../store/targets/desired.ts';
import { firstMembers, membersAmong, moveMembers } from '../../store/targets/member-sets.ts';
import { takeDue } from '../../store/targets/due-objects.ts';
import {
  lockObject,
  moveObject,
  moveObjectCounts,
  type ObjectRow,
  readObjects,
} from '../../store/targets/objects.ts';
import { verifyMembers } from './canary.ts';
import {
  fenced,
  inParallel,
  isSendable,
  report,
  request,
  type TargetContext,
  waitOf,
  whyOf,
} from './context.ts';
import type { RedactedExchange } from '../exchange.ts';
import { markMembers } from './marks.ts';
import {
  asItIsThere,
  isGroupGone,
  learnNumber,
  learnStyle,
  type LostAccount,
  type MemberRequest,
  traitsFor,
  tryOtherStyle,
  whatBecameOf,
} from './member-refusal.ts';
import { overhear } from './overhearing.ts';
import { observeOpenMembers } from './member-observation.ts';

const NO_VERDICT: ChunkVerdict = { trial: null, learned: null, refuses: null };

interface MemberJob extends MemberRequest {
  readonly group: GroupN;
  readonly name: string;
  readonly users: readonly UserN[];
  readonly attempt: number;
}

/** Works on the members of up to `limit` groups, one chunk each; answers how many groups there were. */
export async function workOnMembers(
  context: TargetContext,
  { limit }: { readonly limit: number },
): Promise<number> {
  if (!isSendable(context)) return 0;
  const { unknown, jobs, taken } = await fenced(context, (tx) => takeJobs(context, tx, limit));
  await inParallel(unknown, context.settings.concurrency, (group) => observeOpenMembers(context, group));
  await inParallel(jobs, context.settings.concurrency, (job) => sendJob(context, job));
  return taken;
}

async function takeJobs(
  context: TargetContext,
  tx: Tx,
  limit: number,
): Promise<{ taken: number; jobs: MemberJob[]; unknown: GroupN[] }> {
  const rows = await takeDue(tx, context.target, { kind: 'm', limit });
  const groups = new Map(
    (
      await readObjects(
        tx,
        context.target,
        'g',
        rows.map(({ n }) => n),
      )
    ).map((row) => [row.n, row]),
  );
  const jobs: MemberJob[] = [];
  const unknown: GroupN[] = [];
  for (const row of rows) {
    const group = groups.get(row.n);
    if (group?.remote_id === null || group === undefined) continue;
    if (row.state === 'observing') unknown.push(row.n as GroupN);
    else jobs.push(...(await takeJob(context, tx, { row, group })));
  }
  return { taken: rows.length, jobs, unknown };
}

/** Takes one chunk out of the set it stands in: the attempt's row holds it until its end puts it somewhere. */
async function takeJob(
  context: TargetContext,
  tx: Tx,
  { row, group: { n, remote_id: remoteGroup, name } }: { readonly row: ObjectRow; readonly group: ObjectRow },
): Promise<MemberJob[]> {
  const { target, traits } = context;
  const group = n as GroupN;
  const of = { target, kind: 'm', n } as const;
  if (row.state === 'backing-off') await moveObject(tx, of, 'woken');
  const aspect = row.remove_count > 0 ? '-' : '+';
  const size = Math.min(traits.chunk, context.trials.get(n)?.size ?? traits.chunk);
  const first = await firstMembers(tx, { target, group, aspect }, size);
  const remoteIds = await remoteIdsOf(tx, target, first);
  const desired = row.wanted ? await effectiveAmong(tx, { target, group }, first) : new Set<UserN>();
  const applied = await membersAmong(tx, { target, group, aspect: 'a' }, first);
  const isLeft = (user: UserN): boolean =>
    aspect === '+' ? desired.has(user) && !applied.has(user) : applied.has(user) && !desired.has(user);
  const fitting = first.filter((user) => isLeft(user) && remoteIds.has(user));
  const [users = []] = cutIntoChunks(fitting, { count: size, bytes: traits.chunkBytes }, (user) =>
    Buffer.byteLength(remoteIds.get(user) ?? ''),
  );
  const others = first.filter((user) => !users.includes(user) && !fitting.includes(user));
  const moved = await moveMembers(tx, { target, group, aspect }, { add: [], remove: [...users, ...others] });
  const counts = { applied: 0, add: 0, remove: 0, waiting: 0, blocked: 0 };
  await moveObjectCounts(tx, target, group, { ...counts, [aspect === '+' ? 'add' : 'remove']: moved });
  // What turned out otherwise is compared anew; a removal of somebody unknown there is done with.
  await markMembers(tx, target, {
    group,
    users: others.filter((user) => aspect === '+' || remoteIds.has(user)),
    refused: 'left',
  });
  await forgetApplied(tx, target, group, aspect === '-' ? others.filter((user) => !remoteIds.has(user)) : []);
  if (users.length === 0 || remoteGroup === null) {
    const current = await lockObject(tx, target, 'm', n);
    const isDone = current !== null && current.add_count + current.remove_count === 0;
    if (isDone) await moveObject(tx, of, 'noop', { ...withoutFault(current), failures: 0, dueAt: null });
    return [];
  }
  await moveObject(tx, of, 'taken');
  const kind = aspect === '+' ? 'add-members' : 'remove-members';
  const leaseToken = context.lease.token;
  const attempt = await insertAttempt(tx, { ...of, operation: kind, members: users, leaseToken });
  const ids = users.map((user) => remoteIds.get(user) ?? '');
  return [{ group, remoteGroup, name: name ?? remoteGroup, kind, users, remoteIds: ids, attempt }];
}

async function sendJob(context: TargetContext, job: MemberJob): Promise<void> {
  const { connector } = context;
  const operation = { kind: job.kind, group: job.remoteGroup, members: job.remoteIds };
  const { result: answered, last } = await overhear(() =>
    request(context, () => connector.apply(operation, traitsFor(context, job.group))),
  );
  const outcome = await asItIsThere(context, job, answered);
  report(context, job.kind, `${job.name} (${job.users.length})`, outcome);
  const groupIsGone = outcome.kind === 'missing' && (await isGroupGone(context, job));
  const trial = context.trials.get(job.group) ?? null;
  const verdict = groupIsGone ? NO_VERDICT : judgeChunk(trial, outcome, job.users.length);
  if (verdict.trial === null) context.trials.delete(job.group);
  else context.trials.set(job.group, verdict.trial);
  await learnNumber(context, job, { outcome, learned: verdict.learned });
  await learnStyle(context, job, outcome);
  const isOtherStyle = verdict.refuses !== null && tryOtherStyle(context, job, outcome);
  const isBlocked = verdict.refuses !== null && !isOtherStyle;
  const lost = isBlocked && verdict.refuses === 'member' ? await whatBecameOf(context, job) : null;
  await fenced(context, (tx) =>
    endJob(context, tx, job, {
      outcome,
      exchange: isSettled(outcome) ? null : last,
      isBlocked,
      lost,
      groupIsGone,
      goesOn: isOtherStyle || (verdict.trial !== null && isRefused(outcome)),
    }),
  );
  await verifyMembers(context, operation, outcome);
}

interface MemberEnd {
  readonly outcome: Outcome;
  readonly exchange: RedactedExchange | null;
  readonly isBlocked: boolean;
  /** The one member's account is not as the ledger has it. */
  readonly lost: LostAccount | null;
  readonly groupIsGone: boolean;
  /** The same members are tried again at once in another way. */
  readonly goesOn: boolean;
}

/** The target answered and did nothing; the same request would be answered alike. */
function isRefused({ kind }: Outcome): boolean {
  return kind === 'rejected' || kind === 'missing' || kind === 'conflict';
}

/**
 * Ends an attempt. What is left of the list goes on at once only when this attempt brought it further: members were
 * taken, or left out as refused, or are tried in another way. Everything else waits, longer each time (O-06).
 */
async function endJob(context: TargetContext, tx: Tx, job: MemberJob, end: MemberEnd): Promise<void> {
  const { target } = context;
  const { group, users } = job;
  const { outcome, exchange, isBlocked, groupIsGone } = end;
  const of = { target, kind: 'm', n: group } as const;
  const why = whyOf(outcome);
  await endAttempt(tx, job.attempt, { outcome: outcome.kind, why, operation: job.kind, exchange });
  const row = await lockObject(tx, target, 'm', group);
  const counts = { applied: 0, add: 0, remove: 0, waiting: 0, blocked: 0 };
  if (isSettled(outcome)) {
    const change = job.kind === 'add-members' ? { add: users, remove: [] } : { add: [], remove: users };
    const applied = await moveMembers(tx, { target, group, aspect: 'a' }, change);
    await moveObjectCounts(tx, target, group, { ...counts, applied });
  }
  // Marking again before the state moves: what is left, or came meanwhile, keeps the list due.
  await markMembers(tx, target, { group, users, refused: 'left' });
  if (isBlocked) await blockMembers(tx, target, group, users);
  if (end.lost !== null) for (const user of users) await bringBack(context, tx, { user, lost: end.lost });
  if (groupIsGone) await moveObject(tx, { target, kind: 'g', n: group }, 'marked', { appliedHash: null });
  const left = await lockObject(tx, target, 'm', group);
  if (isSettled(outcome) || end.goesOn || isBlocked) {
    const isLeft = left !== null && left.add_count + left.remove_count > 0;
    if (isLeft) await moveObject(tx, of, 'marked');
    await moveObject(tx, of, 'applied', {
      ...(isBlocked ? { why } : withoutFault(left)),
      failures: 0,
      dueAt: null,
      ...(isSettled(outcome) ? { applied: true } : {}),
    });
    return;
  }
  await moveObject(tx, of, outcome.kind, { why, ...waitOf(context, outcome, row) });
}

/** All is well again, but for members that are still left out: why they were refused stays to be read. */
function withoutFault(row: ObjectRow | null): { readonly why?: null } {
  return row !== null && row.blocked_count > 0 ? {} : { why: null };
}

/** These members the target refuses; they are left out until something about them changes. */
async function blockMembers(tx: Tx, target: number, group: GroupN, users: readonly UserN[]): Promise<void> {
  const out = { add: [], remove: users };
  const add = await moveMembers(tx, { target, group, aspect: '+' }, out);
  const remove = await moveMembers(tx, { target, group, aspect: '-' }, out);
  const blocked = await moveMembers(tx, { target, group, aspect: 'b' }, { add: users, remove: [] });
  await moveObjectCounts(tx, target, group, { applied: 0, add, remove, waiting: 0, blocked });
}

/**
 * Has an account brought back that the target lost; with it the memberships are sent again. A target that says so
 * each time is believed at once only the first time: its failures count on, whatever it confirms in between.
 */
async function bringBack(
  context: TargetContext,
  tx: Tx,
  { user, lost }: { readonly user: UserN; readonly lost: LostAccount },
): Promise<void> {
  const of = { target: context.target, kind: 'u', n: user } as const;
  const row = await lockObject(tx, of.target, of.kind, user);
  const isInactive = lost === 'inactive';
  const wait = isInactive ? waitOf(context, { kind: 'missing', why: lost }, row) : {};
  await moveObject(tx, of, 'marked', { appliedHash: null, ...wait, ...(isInactive ? { held: 'i' } : {}) });
}

/** A target that knows nothing of a user has no member of that kind to lose. */
async function forgetApplied(tx: Tx, target: number, group: GroupN, users: readonly UserN[]): Promise<void> {
  if (users.length === 0) return;
  const applied = await moveMembers(tx, { target, group, aspect: 'a' }, { add: [], remove: users });
  await moveObjectCounts(tx, target, group, { applied, add: 0, remove: 0, waiting: 0, blocked: 0 });
}

async function remoteIdsOf(tx: Tx, target: number, users: readonly UserN[]): Promise<Map<UserN, string>> {
  const ids = new Map<UserN, string>();
  for (const { n, remote_id: id, held } of await readObjects(tx, target, 'u', users)) {
    if (id !== null && held !== null) ids.set(n as UserN, id);
  }
  return ids;
}
