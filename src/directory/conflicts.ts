/**
 * Conflicts of namespaces. A client that sees only its own finds a name taken by somebody it does not see. It is
 * told no more than that; an administrator is told the rest, and may let the client have that user or group.
 */
import type { GroupN, UserN } from '../core/ids.ts';
import { foldName } from '../core/names.ts';
import { Refusal } from '../core/refusal.ts';
import {
  type ConflictKind,
  type ConflictRow,
  decideOpenConflict,
  findConflict,
  grantNode,
  insertConflict,
  revokeNode,
} from '../store/conflicts.ts';
import { record, type Work } from './work.ts';

/** Opens a conflict about whoever has the name. Nothing where the work's source created or was granted it. */
export async function openConflict(
  work: Work,
  { kind, name }: { readonly kind: ConflictKind; readonly name: string },
): Promise<void> {
  await insertConflict(work.tx, { kind, source: work.sourceN, key: foldName(name), name });
}

export interface ConflictAnswer {
  readonly conflict: string;
  readonly decision: 'granted' | 'dismissed';
  readonly reason: string | null;
}

/**
 * Decides a conflict once. Granted, the client sees and writes that user or group as if it had created it. Refuses
 * `conflict.not_found`, and `conflict.decided` for the second decision.
 */
export async function answerConflict(
  work: Work,
  { conflict: id, decision, reason }: ConflictAnswer,
): Promise<ConflictRow> {
  const by = work.by.actor.id;
  const row = await decideOpenConflict(work.tx, { id, decision, by, reason });
  if (row === null) {
    const known = await findConflict(work.tx, id);
    if (known === null) throw new Refusal('conflict.not_found', { conflict: id });
    throw new Refusal('conflict.decided', { conflict: id, decision: known.decision ?? decision });
  }
  if (decision === 'granted') {
    await grantNode(work.tx, { source: row.source_n, node: row.node_n, by });
    await tell(work, row, { type: 'namespace.granted', reason });
  }
  return row;
}

/** Takes back what a conflict granted. Refuses `conflict.not_found` where it granted nothing. */
export async function revokeGrant(work: Work, conflict: string): Promise<void> {
  const row = await findConflict(work.tx, conflict);
  if (row?.decision !== 'granted') throw new Refusal('conflict.not_found', { conflict });
  await revokeNode(work.tx, { source: row.source_n, node: row.node_n });
  await tell(work, row, { type: 'namespace.revoked', reason: null });
}

/** A stub that another source made, and that this one has just made a user of, is in its namespace from then on. */
export async function adoptIntoNamespace(work: Work, node: UserN | GroupN): Promise<void> {
  await grantNode(work.tx, { source: work.sourceN, node, by: work.by.actor.id });
}

async function tell(
  work: Work,
  { kind, client, node_n: node }: ConflictRow,
  { type, reason }: { readonly type: string; readonly reason: string | null },
): Promise<void> {
  await record(work, {
    type,
    ...(kind === 'userName.taken' ? { user: node as UserN } : { group: node as GroupN }),
    after: { client },
    ...(reason === null ? {} : { reason }),
  });
}
