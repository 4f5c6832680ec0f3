/** What was sent to a target in the last 30 days, request by request: how a push is found afterwards (O-02, O-07). */
import { listSent, type SentRow } from '../../store/targets/sent.ts';
import { isConnectedType } from '../connectors/types.ts';
import { Refusal } from '../../core/refusal.ts';
import type { Paged } from './ledger.ts';
import { requireTarget, type Targets } from './verbs.ts';

export interface SentView {
  readonly at: string;
  readonly endedAt: string | null;
  readonly operation: string;
  readonly object: {
    readonly type: 'user' | 'group';
    readonly id: string | null;
    readonly name: string | null;
  };
  /** Of a change of members: how many, and the names of the first hundred. */
  readonly members: { readonly total: number; readonly names: readonly string[] } | null;
  /** Null while it is under way, or where its end was never learned. */
  readonly outcome: string | null;
  readonly why: string | null;
}

/** Names told of one request; the ledger has all. */
const NAMED = 100;

/** A page of what was sent since a moment, newest first. Refuses `target.not_found`, and a webhook. */
export async function showSent(
  targets: Targets,
  idOrName: string,
  { after, limit, since }: { readonly after: number; readonly limit: number; readonly since: Date },
): Promise<Paged<SentView>> {
  const { n, type } = await requireTarget(targets, idOrName);
  if (!isConnectedType(type)) {
    throw new Refusal('target.invalid', {
      why: 'A webhook is sent the change log, in order: what the target shows of its deliveries says up to where.',
    });
  }
  const rows = await listSent(targets.database, n, { before: after, limit, since, named: NAMED });
  return { items: rows.map(sentView), next: rows.length < limit ? null : (rows.at(-1)?.n ?? null) };
}

function sentView(row: SentRow): SentView {
  return {
    at: row.started_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null,
    operation: row.operation,
    object: { type: row.kind === 'u' ? 'user' : 'group', id: row.id, name: row.name },
    members: row.members === null ? null : { total: row.members, names: row.names },
    outcome: row.outcome,
    why: row.why,
  };
}
