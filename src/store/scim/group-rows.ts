/** Rows of groups as SCIM shows them, without their members. */
import type { GroupId, GroupN } from '../../core/ids.ts';
import { type Connection, named, type Statement } from '../database.ts';
import type { AutoLeave, GroupKind } from '../groups.ts';
import { inNamespace, ownValues, type View } from './view.ts';

export interface ScimGroupRow {
  readonly n: GroupN;
  readonly id: GroupId;
  readonly name: string;
  readonly kind: GroupKind;
  readonly description: string | null;
  readonly internal: boolean;
  readonly hidden: boolean;
  readonly open: boolean;
  readonly public: boolean;
  readonly restricted: boolean;
  readonly auto_leave: AutoLeave;
  readonly rule: string | null;
  readonly reserved_to: string | null;
  readonly document: Readonly<Record<string, unknown>>;
  readonly version: number;
  readonly created_at: Date;
  readonly modified_at: Date;
  readonly external_id: string | null;
  readonly roles: readonly string[];
}

/** The select list over `groups g`; `$1` is the source whose externalIds are shown. */
export const groupColumns = `g.n, g.id, g.name, g.kind, g.description, g.internal, g.hidden, g.open, g.public,
  g.restricted, g.auto_leave, g.rule, g.document, g.version, g.created_at, g.modified_at,
  (select s.name from source s where s.n = g.reserved_to) as reserved_to,
  (select e.value from group_external_id e where e.group_n = g.n and e.source_n = $1::int) as external_id,
  array(select r.name from group_role gr join role r on r.n = gr.role_n
        where gr.group_n = g.n order by r.name_key) as roles`;

/** Groups that SCIM shows to who sees everything. */
export const isLiveGroup = 'g.deleted_at is null';

function findById(namespace: View['namespace'], own: string): Statement {
  return named(
    `scim_group_by_id_${namespace}`,
    `select ${groupColumns} from groups g where g.id = $2 and ${isLiveGroup} and ${inNamespace('g', own)}`,
  );
}

const byId = {
  all: findById('all', 'null::int'),
  own: findById('own', '$3::int'),
} as const satisfies Record<View['namespace'], Statement>;

/** The group of that id, or null: unknown, deleted and out of the namespace are all the same. */
export async function findScimGroup(
  connection: Connection,
  view: View,
  id: GroupId,
): Promise<ScimGroupRow | null> {
  const values = [view.source, id, ...ownValues(view)];
  return (await connection.rows<ScimGroupRow>(byId[view.namespace], values))[0] ?? null;
}
