/** Finding what a reader names, together with the place in the log that the answer will stand at: one trip. */
import type { GroupId, GroupN, UserId, UserN } from '../../core/ids.ts';
import { parsePosition, type Position } from '../../core/position.ts';
import type { RuleSubject } from '../../core/rules.ts';
import { type Connection, named, onlyRow } from '../database.ts';

export interface FoundGroup {
  readonly n: GroupN;
  readonly name: string;
  readonly kind: string;
  /** What an answer about the group must not be behind. */
  readonly position: Position;
  /** The feed's newest cut. */
  readonly head: number;
}

export interface FoundUser {
  readonly n: UserN;
  readonly active: boolean;
  readonly stub: boolean;
}

const group = named(
  'ref_group',
  `select n, name, kind, pg_current_snapshot()::text as position, (select max(b.n) from feed_batch b) as head
   from groups where id = $1 and deleted_at is null`,
);

const record = named(
  'ref_user_record',
  'select id, user_name, active, document, created_at from users where n = $1',
);

const user = named('ref_user', 'select n, active, stub from users where id = $1 and deleted_at is null');

/** The living group with that id. */
export async function findGroupRef(connection: Connection, id: GroupId): Promise<FoundGroup | null> {
  const [row] = await connection.rows<Omit<FoundGroup, 'position'> & { position: string }>(group, [id]);
  return row === undefined ? null : { ...row, position: parsePosition(row.position) };
}

/** The living user with that id. */
export async function findUserRef(connection: Connection, id: UserId): Promise<FoundUser | null> {
  return (await connection.rows<FoundUser>(user, [id]))[0] ?? null;
}

/** What rules see of a user. */
export async function readRuleSubject(connection: Connection, user: UserN): Promise<RuleSubject> {
  const row = onlyRow(
    await connection.rows<{
      id: string;
      user_name: string | null;
      active: boolean;
      document: RuleSubject['document'];
      created_at: Date;
    }>(record, [user]),
  );
  return { ...row, userName: row.user_name, createdAt: row.created_at };
}
