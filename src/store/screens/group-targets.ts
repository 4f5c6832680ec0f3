/** The targets that a group is pushed to, and how it stands there. */
import type { GroupN } from '../../core/ids.ts';
import { type Connection, named } from '../database.ts';

export interface GroupTargetRow {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly mode: string;
  readonly paused: boolean;
  readonly state: string | null;
  readonly list_state: string | null;
  readonly why: string | null;
  readonly applied: number;
  readonly to_add: number;
  readonly to_remove: number;
  readonly blocked: number;
  readonly applied_at: Date | null;
}

const list = named(
  'screen_targets_of_group',
  `select t.id, t.name, t.type, t.mode, t.paused_why is not null as paused, o.state, m.state as list_state,
     coalesce(m.why, o.why) as why, coalesce(m.applied_count, 0) as applied, coalesce(m.add_count, 0) as to_add,
     coalesce(m.remove_count, 0) as to_remove, coalesce(m.blocked_count, 0) as blocked,
     coalesce(m.applied_at, o.applied_at) as applied_at
   from target t
   left join target_object o on o.target_n = t.n and o.kind = 'g' and o.n = $1
   left join target_object m on m.target_n = t.n and m.kind = 'm' and m.n = $1
   where t.deleted_at is null
     and (o.n is not null or exists (select from target_scope s where s.target_n = t.n and s.group_n = $1))
   order by t.name_key`,
);

/** Targets that hold the group or should. */
export async function targetsOfGroup(connection: Connection, group: GroupN): Promise<GroupTargetRow[]> {
  return connection.rows<GroupTargetRow>(list, [group]);
}
