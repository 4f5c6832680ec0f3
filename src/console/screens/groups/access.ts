/** The group that a screen is about, for somebody who may see it. */
import { type GroupId, parseGroupId, type SourceN } from '../../../core/ids.ts';
import { type GroupAct, may, mayInGroup } from '../../../core/policies.ts';
import { Refusal } from '../../../core/refusal.ts';
import { findListedGroup, type ListedGroupRow } from '../../../store/effective/listing.ts';
import { findGroup, type GroupRow } from '../../../store/groups.ts';
import { findSource } from '../../../store/sources.ts';
import type { Visit } from '../../screen.ts';

export interface OpenGroup {
  readonly row: ListedGroupRow;
  readonly policy: GroupRow;
  readonly path: string;
  /** Whether the visitor may do this to it: what is shown is what would not be refused. */
  readonly may: (act: GroupAct) => boolean;
  /** Why nobody may write its members here, whoever it is; null where one may. */
  readonly closed: 'automatic' | 'reserved' | null;
}

/** The group of the path. Refuses `group.not_found`, also to whom it is not shown (J-14, J-15, J-18). */
export async function openGroup(visit: Visit): Promise<OpenGroup> {
  const { parts, params, person } = visit;
  const { database } = parts.directory;
  const id = groupIdIn(params);
  const [row, policy] = await Promise.all([
    findListedGroup(database, id),
    findGroup(database, id, await consoleSource(visit)),
  ]);
  const isSeen =
    policy !== null && (may('read-directory', person) || mayInGroup('see-members', person, policy));
  if (row === null || policy === null || !isSeen) throw new Refusal('group.not_found', { group: id });
  return {
    row,
    policy,
    path: `/groups/${row.id}`,
    may: (act) => mayInGroup(act, person, policy),
    closed: closedTo(policy),
  };
}

function closedTo({ kind, reserved_to: source, console_besides }: GroupRow): OpenGroup['closed'] {
  if (kind !== 'regular') return 'automatic';
  return console_besides || source === null || source === 'console' ? null : 'reserved';
}

/** The id in a path. Refuses `group.not_found` for what is none. */
export function groupIdIn(params: Readonly<Record<string, string>>): GroupId {
  const text = params.id ?? '';
  const id = parseGroupId(text);
  if (id === null) throw new Refusal('group.not_found', { group: text });
  return id;
}

/** Number of the source that pages write as. */
async function consoleSource({ parts }: Visit): Promise<SourceN> {
  const source = await findSource(parts.directory.database, 'console');
  if (source === null) throw new Refusal('source.not_found', { source: 'console' });
  return source.n;
}
