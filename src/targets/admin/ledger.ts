/** What a target holds and should hold, and where the two drifted apart: pages for people (O-02, O-08). */
import { isUuid } from '../../core/ids.ts';
import { Refusal } from '../../core/refusal.ts';
import {
  askForLook,
  countDrift,
  type DriftRow,
  listDrift,
  readLookState,
} from '../../store/targets/drift.ts';
import {
  describeMembers,
  type ListedAttempt,
  type ListedObject,
  type ListedState,
  listObjects,
  numberOfGroup,
} from '../../store/targets/listing.ts';
import { type Aspect, pageOfMembers } from '../../store/targets/member-sets.ts';
import { isConnectedType } from '../connectors/types.ts';
import { requireTarget, type Targets } from './verbs.ts';

export interface ObjectView {
  readonly type: 'user' | 'group';
  /** Id and name here; null for what the directory has forgotten. */
  readonly id: string | null;
  readonly name: string | null;
  readonly remoteId: string | null;
  readonly state: string;
  /** Whether the target should have it. */
  readonly desired: boolean;
  readonly held: 'active' | 'inactive' | null;
  readonly owned: 'created' | 'adopted' | null;
  readonly why: string | null;
  readonly failures: number;
  readonly dueAt: string | null;
  readonly appliedAt: string | null;
  readonly observedAt: string | null;
  readonly leftAt: string | null;
  readonly lastAttempt: ListedAttempt | null;
  /** Of a group. */
  readonly members: {
    readonly state: string;
    readonly why: string | null;
    readonly applied: number;
    readonly toAdd: number;
    readonly toRemove: number;
    readonly waiting: number;
    readonly blocked: number;
    readonly lastAttempt: ListedAttempt | null;
  } | null;
}

/** A page, and the place after which the next one begins; null behind the last. */
export interface Paged<Item> {
  readonly items: readonly Item[];
  readonly next: number | null;
}

export interface PageOf {
  readonly after: number;
  readonly limit: number;
}

/** Users and groups of a target's ledger. Refuses `target.not_found`. */
export async function showObjects(
  targets: Targets,
  idOrName: string,
  query: PageOf & {
    readonly state: ListedState | null;
    readonly type: 'user' | 'group' | null;
    readonly id: string | null;
  },
): Promise<Paged<ObjectView>> {
  const row = await requireTarget(targets, idOrName);
  const { state, type, id, after, limit } = query;
  const kind = type === null ? null : type === 'user' ? 'u' : 'g';
  const objects = await listObjects(targets.database, row.n, { state, kind, id, after, limit });
  return paged(objects.map(objectView), { limit, last: objects.at(-1)?.at });
}

export const MEMBER_STATES = { applied: 'a', toAdd: '+', toRemove: '-', waiting: 'w', blocked: 'b' } as const;
export type MemberState = keyof typeof MEMBER_STATES;

export interface LedgerMember {
  readonly id: string;
  readonly userName: string | null;
  readonly remoteId: string | null;
  readonly state: MemberState;
  /** The last attempt of the last 30 days that this member was part of. */
  readonly lastAttempt: {
    readonly operation: string;
    readonly at: string;
    readonly outcome: string | null;
    readonly why: string | null;
  } | null;
}

/** Members of a group at a target that are in one state. Refuses `target.not_found`, `group.not_found`. */
export async function showLedgerMembers(
  targets: Targets,
  idOrName: string,
  { group: id, state, after, limit }: PageOf & { readonly group: string; readonly state: MemberState },
): Promise<Paged<LedgerMember>> {
  const { database } = targets;
  const row = await requireTarget(targets, idOrName);
  const group = isUuid(id) ? await numberOfGroup(database, id) : null;
  if (group === null) throw new Refusal('group.not_found', { group: id });
  const aspect: Aspect = MEMBER_STATES[state];
  const users = await pageOfMembers(database, { target: row.n, group, aspect }, { after, limit });
  const members = await describeMembers(database, row.n, { group, users });
  const views = members.map(({ id: user, user_name: userName, remote_id: remoteId, ...attempt }) => ({
    ...{ id: user, userName, remoteId, state },
    lastAttempt:
      attempt.operation === null || attempt.at === null
        ? null
        : {
            ...{ operation: attempt.operation, at: attempt.at.toISOString() },
            ...{ outcome: attempt.outcome, why: attempt.why },
          },
  }));
  return paged(views, { limit, last: users.at(-1) });
}

export interface DriftItem {
  readonly kind: DriftRow['kind'];
  readonly object: {
    readonly type: 'user' | 'group';
    readonly id: string | null;
    readonly name: string | null;
    readonly remoteId: string | null;
  };
  /** Attributes that differ, or ids there of members whom Muster does not know. */
  readonly detail: readonly string[];
  readonly members: DriftRow['members'];
  /** Members that it is about, also those beyond the first thousand. */
  readonly total: number;
  readonly foundAt: string;
  readonly repairedAt: string | null;
}

export interface DriftView {
  /** When the target was last looked at whole; null when it never was. */
  readonly observedAt: string | null;
  /** Set while somebody waits for a look. */
  readonly askedAt: string | null;
  /** What the last look could not see; null when it saw everything. */
  readonly unseen: string | null;
  /** Findings that were not repaired. */
  readonly open: number;
  readonly items: readonly DriftItem[];
  readonly next: number | null;
}

/** What the last full look found otherwise than the ledger says. Refuses `target.not_found`, and a webhook. */
export async function showDrift(targets: Targets, idOrName: string, page: PageOf): Promise<DriftView> {
  const { database } = targets;
  const { n } = await requireLookable(targets, idOrName);
  const [state, open, rows] = await Promise.all([
    readLookState(database, n, 0),
    countDrift(database, n),
    listDrift(database, n, page),
  ]);
  return {
    observedAt: timeOf(state.observed_at),
    askedAt: timeOf(state.observe_asked_at),
    unseen: state.observe_why,
    open,
    ...paged(rows.map(driftItem), { limit: page.limit, last: rows.at(-1)?.n }),
  };
}

/**
 * Has a target looked at whole; whoever drives it does so, and {@link showDrift} tells when it is done. What that
 * look finds is found after the time that is answered. Refuses `target.not_found`, and `target.invalid` for a
 * webhook and a target that is off.
 */
export async function askForObservation(targets: Targets, idOrName: string): Promise<string> {
  const row = await requireLookable(targets, idOrName);
  if (row.mode === 'off')
    throw new Refusal('target.invalid', { why: `${row.name} is off; resume it first.` });
  const at = await askForLook(targets.database, row.n);
  targets.wake();
  return at.toISOString();
}

async function requireLookable(targets: Targets, idOrName: string): ReturnType<typeof requireTarget> {
  const row = await requireTarget(targets, idOrName);
  if (!isConnectedType(row.type)) {
    throw new Refusal('target.invalid', { why: 'A webhook holds nothing that could drift.' });
  }
  return row;
}

function paged<Item>(
  items: readonly Item[],
  { limit, last }: { readonly limit: number; readonly last: number | undefined },
): Paged<Item> {
  return { items, next: items.length < limit || last === undefined ? null : last };
}

function objectView(row: ListedObject): ObjectView {
  const { list } = row;
  return {
    type: row.kind === 'u' ? 'user' : 'group',
    id: row.id,
    name: row.name,
    remoteId: row.remote_id,
    state: row.state,
    desired: row.wanted,
    held: row.held === null ? null : row.held === 'a' ? 'active' : 'inactive',
    owned: row.owned === null ? null : row.owned === 'c' ? 'created' : 'adopted',
    why: row.why,
    failures: row.failures,
    dueAt: timeOf(row.due_at),
    appliedAt: timeOf(row.applied_at),
    observedAt: timeOf(row.observed_at),
    leftAt: timeOf(row.left_at),
    lastAttempt: attemptView(row.attempt),
    members: list === null ? null : listView(list),
  };
}

function listView({ attempt, ...list }: NonNullable<ListedObject['list']>): ObjectView['members'] {
  return { ...list, lastAttempt: attemptView(attempt) };
}

function attemptView(attempt: ListedAttempt | null): ListedAttempt | null {
  if (attempt === null) return null;
  const at = (text: string): string => new Date(text).toISOString();
  return { ...attempt, at: at(attempt.at), endedAt: attempt.endedAt === null ? null : at(attempt.endedAt) };
}

function driftItem(row: DriftRow): DriftItem {
  return {
    kind: row.kind,
    object: {
      type: row.object_kind === 'u' ? 'user' : 'group',
      id: row.object_id,
      name: row.object_name,
      remoteId: row.remote_id,
    },
    detail: row.detail,
    members: row.members,
    total: row.total,
    foundAt: row.found_at.toISOString(),
    repairedAt: timeOf(row.repaired_at),
  };
}

function timeOf(at: Date | null): string | null {
  return at?.toISOString() ?? null;
}
