/** Both sorts of conflict as the pages know them: names that clients found taken, and what files disagree about. */
import { isUuid } from '../../../core/ids.ts';
import { Refusal } from '../../../core/refusal.ts';
import { type ConflictRow, findConflict, listConflicts } from '../../../store/conflicts.ts';
import type { Connection } from '../../../store/database.ts';
import {
  type DisagreementRow,
  findDisagreement,
  listDisagreements,
} from '../../../store/feeds/disagreement-rows.ts';
import type { Texts } from '../../texts/en.ts';

export type Dispute =
  | { readonly of: 'client'; readonly row: ConflictRow }
  | { readonly of: 'file'; readonly row: DisagreementRow };

export interface DisputeQuery {
  readonly state: 'open' | 'decided';
  /** Number of the last one of the page before; null for the first page. */
  readonly before: number | null;
  readonly limit: number;
}

/** One page, the newest first: one sequence numbers both sorts. */
export async function listDisputes(
  connection: Connection,
  { state, before, limit }: DisputeQuery,
): Promise<readonly Dispute[]> {
  const [ofClients, ofFiles] = await Promise.all([
    listConflicts(connection, { state, before, limit }),
    listDisagreements(connection, {
      state: state === 'open' ? 'open' : 'resolved',
      kind: null,
      before,
      limit,
    }),
  ]);
  return [
    ...ofClients.map((row): Dispute => ({ of: 'client', row })),
    ...ofFiles.map((row): Dispute => ({ of: 'file', row })),
  ]
    .sort((a, b) => b.row.n - a.row.n)
    .slice(0, limit);
}

/** The conflict of that id. Refuses `conflict.not_found`. */
export async function requireDispute(connection: Connection, id: string): Promise<Dispute> {
  const ofClient = isUuid(id) ? await findConflict(connection, id) : null;
  if (ofClient !== null) return { of: 'client', row: ofClient };
  const ofFile = isUuid(id) ? await findDisagreement(connection, id) : null;
  if (ofFile !== null) return { of: 'file', row: ofFile };
  throw new Refusal('conflict.not_found', { conflict: id });
}

/** In one sentence. */
export function titleOf({ conflicts: t }: Texts, dispute: Dispute): string {
  if (dispute.of === 'client') return t.about[dispute.row.kind](dispute.row.name);
  const { kind, cell, attribute } = dispute.row;
  return t.about[kind]((kind === 'drift' ? attribute : cell) ?? '');
}

/** How it was decided; null while it is open. */
export function decisionOf({
  of,
  row,
}: Dispute): 'granted' | 'dismissed' | 'merge' | 'separate' | 'keep' | 'gone' | null {
  if (of === 'client') return row.decision;
  return row.state === 'gone' ? 'gone' : row.resolution;
}
