/** Names that a client found taken outside of its namespace, and what an administrator gave it then. */
import type { GroupN, SourceN, UserN } from '../core/ids.ts';
import { type Connection, named, type Tx } from './database.ts';

export type ConflictKind = 'userName.taken' | 'displayName.taken';
export type ConflictDecision = 'granted' | 'dismissed';

export interface ConflictRow {
  readonly n: number;
  readonly id: string;
  readonly kind: ConflictKind;
  /** The client that asked, by name. */
  readonly client: string;
  readonly source_n: SourceN;
  readonly node_n: UserN | GroupN;
  /** The user's or group's id. */
  readonly node_id: string;
  readonly name: string;
  /** How often the client ran into it. */
  readonly times: number;
  readonly opened_at: Date;
  readonly last_at: Date;
  readonly decision: ConflictDecision | null;
  readonly decided_at: Date | null;
  readonly decided_by: string | null;
  readonly reason: string | null;
}

const columns = `c.n, c.id, c.kind, s.name as client, c.source_n, c.node_n, coalesce(u.id, g.id) as node_id, c.name, c.times,
  c.opened_at, c.last_at, c.decision, c.decided_at, c.decided_by, c.reason`;
const joined = `join source s on s.n = c.source_n
  left join users u on u.n = c.node_n left join groups g on g.n = c.node_n`;

const open = named(
  'conflict_open',
  `insert into conflict (kind, source_n, node_n, name)
   select $1, $2, t.n, $4
   from (select n, created_by from users where $1 = 'userName.taken' and user_name_key = $3 and deleted_at is null
         union all
         select n, created_by from groups where $1 = 'displayName.taken' and name_key = $3 and deleted_at is null) t
   where t.created_by <> $2
     and not exists (select from namespace_grant x where x.source_n = $2 and x.node_n = t.n)
   on conflict (kind, source_n, node_n) where decided_at is null
   do update set times = conflict.times + 1, last_at = now()`,
);

const list = named(
  'conflict_list',
  `select ${columns} from conflict c ${joined}
   where ($1::text is null or ($1 = 'open') = (c.decided_at is null)) and ($4::text is null or c.kind = $4) and c.n < $2
   order by c.n desc limit $3`,
);

const decide = named(
  'conflict_decide',
  `with c as (
     update conflict set decision = $2, decided_at = now(), decided_by = $3, reason = $4
     where id = $1 and decided_at is null returning *)
   select ${columns} from c ${joined}`,
);

const find = named('conflict_find', `select ${columns} from conflict c ${joined} where c.id = $1`);

const grant = named(
  'namespace_grant',
  `insert into namespace_grant (source_n, node_n, granted_by)
   select $1::int, $2::int, $3::text
   where not exists (select from users where n = $2 and created_by = $1)
     and not exists (select from groups where n = $2 and created_by = $1)
   on conflict do nothing`,
);

const revoke = named('namespace_revoke', 'delete from namespace_grant where source_n = $1 and node_n = $2');

/** Opens a conflict about the one who has that name, or counts up the open one. Nothing where the source sees it anyway. */
export async function insertConflict(
  tx: Tx,
  {
    kind,
    source,
    key,
    name,
  }: {
    readonly kind: ConflictKind;
    readonly source: SourceN;
    /** The folded name. */
    readonly key: string;
    readonly name: string;
  },
): Promise<void> {
  await tx.rows(open, [kind, source, key, name]);
}

/** Conflicts, the newest first; `state` and `kind` null for all, `before` null for the newest. */
export async function listConflicts(
  connection: Connection,
  {
    state,
    kind = null,
    before,
    limit,
  }: {
    readonly state: 'open' | 'decided' | null;
    readonly kind?: ConflictKind | null;
    readonly before: number | null;
    readonly limit: number;
  },
): Promise<readonly ConflictRow[]> {
  return connection.rows<ConflictRow>(list, [state, before ?? 2_147_483_647, limit, kind]);
}

/** Decides an open conflict; null where it is unknown or decided. */
export async function decideOpenConflict(
  tx: Tx,
  {
    id,
    decision,
    by,
    reason,
  }: {
    readonly id: string;
    readonly decision: ConflictDecision;
    readonly by: string;
    readonly reason: string | null;
  },
): Promise<ConflictRow | null> {
  return (await tx.rows<ConflictRow>(decide, [id, decision, by, reason]))[0] ?? null;
}

/** The conflict of that id, open or decided; null for an unknown one. */
export async function findConflict(connection: Connection, id: string): Promise<ConflictRow | null> {
  return (await connection.rows<ConflictRow>(find, [id]))[0] ?? null;
}

/** Lets a source with a namespace of its own see and write somebody else's user or group. */
export async function grantNode(
  tx: Tx,
  { source, node, by }: { readonly source: SourceN; readonly node: UserN | GroupN; readonly by: string },
): Promise<void> {
  await tx.rows(grant, [source, node, by]);
}

/** Takes that back; what the source created itself stays its own. */
export async function revokeNode(
  tx: Tx,
  { source, node }: { readonly source: SourceN; readonly node: UserN | GroupN },
): Promise<void> {
  await tx.rows(revoke, [source, node]);
}
