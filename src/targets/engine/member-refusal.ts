/** What lies behind a refused change of members: looks that tell, and another way of saying it. */
import type { GroupN } from '../../core/ids.ts';
import type { ChunkEvidence } from '../../core/targets/member-chunks.ts';
import type { Outcome } from '../../core/targets/outcome.ts';
import { REMOVAL_STYLES, type Traits } from '../connector.ts';
import { ask, learn, type TargetContext } from './context.ts';

/** The request that was refused. Ids are the target's own. */
export interface MemberRequest {
  readonly kind: 'add-members' | 'remove-members';
  readonly remoteGroup: string;
  readonly remoteIds: readonly string[];
}

/** How an account is there that should be there and active. */
export type LostAccount = 'absent' | 'inactive';

/** 404 may be about the group or about a member: a look at the group tells. */
export async function isGroupGone(
  { connector }: TargetContext,
  { remoteGroup }: MemberRequest,
): Promise<boolean> {
  return (await connector.observe('group', remoteGroup)).kind === 'absent';
}

/** A member may be refused because the target has lost the account, or has it inactive: one look tells. */
export async function whatBecameOf(
  context: TargetContext,
  { kind, remoteIds }: MemberRequest,
): Promise<LostAccount | null> {
  const [id] = remoteIds;
  if (id === undefined) return null;
  const seen = await ask(context, () => context.connector.observe('user', id));
  if (seen.kind === 'absent') return 'absent';
  return seen.kind === 'found' && !seen.object.active && kind === 'add-members' ? 'inactive' : null;
}

/** Some services refuse what is so already, a member who is one or who is none: then nothing is left to do. */
export async function asItIsThere(
  context: TargetContext,
  job: MemberRequest,
  outcome: Outcome,
): Promise<Outcome> {
  if (job.remoteIds.length > 1 || (outcome.kind !== 'missing' && outcome.kind !== 'conflict')) return outcome;
  const { kind, remoteGroup, remoteIds } = job;
  const seen = await ask(context, () =>
    context.connector.observeMembers(remoteGroup, remoteIds, context.traits),
  );
  if (seen.kind !== 'all' && seen.kind !== 'sample') return outcome;
  const isThere = remoteIds.every((id) => seen.members.has(id));
  return isThere === (kind === 'add-members') ? { kind: 'noop' } : outcome;
}

/** The target as it is known, but for the way of taking members out that is tried at this group. */
export function traitsFor({ traits, styles }: TargetContext, group: GroupN): Traits {
  const style = styles.get(group)?.style;
  return style === undefined ? traits : { ...traits, removal: style };
}

/**
 * A removal that is refused may be about the way of saying it: the next way is tried, and remembered once it was
 * taken. Where every way is refused it was about the member, and nothing is learned: least of all to replace whole lists.
 */
export function tryOtherStyle(
  context: TargetContext,
  { kind, group }: Pick<MemberRequest, 'kind'> & { readonly group: GroupN },
  outcome: Outcome,
): boolean {
  if (kind !== 'remove-members' || outcome.kind !== 'rejected') return false;
  const { code, why } = outcome;
  const style = REMOVAL_STYLES[REMOVAL_STYLES.indexOf(traitsFor(context, group).removal) + 1];
  if (style === undefined) context.styles.delete(group);
  else context.styles.set(group, { style, code, why });
  return style !== undefined;
}

/**
 * Remembers how many members the target takes at once (O-04). As many as it took before are not too many: then it was
 * something else, which passed by itself, unless it says 413.
 */
export async function learnNumber(
  context: TargetContext,
  { kind, remoteIds }: MemberRequest,
  { outcome, learned }: { readonly outcome: Outcome; readonly learned: ChunkEvidence | null },
): Promise<void> {
  const most = context.taken.get(kind) ?? 0;
  if (outcome.kind === 'applied') context.taken.set(kind, Math.max(most, remoteIds.length));
  if (learned === null || (learned.code !== 413 && learned.refused <= most)) return;
  await learn(context, { chunk: learned.accepted }, { chunk: learned });
}

/** A removal that was taken in another way than the target is known for says how it has them taken out (O-04). */
export async function learnStyle(
  context: TargetContext,
  { kind, group }: Pick<MemberRequest, 'kind'> & { readonly group: GroupN },
  outcome: Outcome,
): Promise<void> {
  const trial = context.styles.get(group);
  if (trial === undefined || kind !== 'remove-members' || outcome.kind !== 'applied') return;
  const { style, code, why } = trial;
  context.styles.delete(group);
  await learn(context, { removal: style }, { removal: { code, why } });
}
