/** Pushes that somebody asked for: the order, and what was done for it step by step. */
import { storableJson } from '../../core/targets/foreign-text.ts';
import type { UserN } from '../../core/ids.ts';
import { type Connection, named, onlyRow } from '../database.ts';

/** One step of a printed trace. */
export interface PushStep {
  readonly at: string;
  /** `create`, `add-members`, `GET`, … */
  readonly operation: string;
  readonly what: string;
  readonly outcome: string;
}

export interface PushRow {
  readonly id: string;
  readonly target_n: number;
  readonly user_n: UserN | null;
  readonly full_sweep: boolean;
  readonly dry_run: boolean;
  readonly state: 'waiting' | 'running' | 'done' | 'failed';
  readonly steps: readonly PushStep[];
  readonly created_at: Date;
  readonly ended_at: Date | null;
}

const columns = 'id, target_n, user_n, full_sweep, dry_run, state, steps, created_at, ended_at';

const insert = named(
  'target_push_insert',
  `insert into target_push (target_n, user_n, full_sweep, dry_run, asked_by) values ($1, $2, $3, $4, $5)
   returning ${columns}`,
);

const next = named(
  'target_push_next',
  `update target_push set state = 'running' where id = (
     select id from target_push where target_n = $1 and state in ('waiting', 'running') order by created_at limit 1)
   returning ${columns}`,
);

const addSteps = named(
  'target_push_add_steps',
  'update target_push set steps = steps || $2::jsonb where id = $1',
);

const end = named('target_push_end', 'update target_push set state = $2, ended_at = now() where id = $1');

const read = named('target_push_read', `select ${columns} from target_push where id = $1`);

const userNumber = named(
  'target_push_user',
  `select n, id, user_name from users where deleted_at is null and (id::text = lower($1) or user_name_key = $2)`,
);

export async function insertPush(
  connection: Connection,
  push: {
    readonly target: number;
    readonly user: UserN | null;
    readonly full: boolean;
    readonly dryRun: boolean;
    readonly by: string;
  },
): Promise<PushRow> {
  const { target, user, full, dryRun, by } = push;
  return onlyRow(await connection.rows<PushRow>(insert, [target, user, full, dryRun, by]));
}

/** Takes the oldest push that waits, or that an earlier holder left; null for none. */
export async function takePush(connection: Connection, target: number): Promise<PushRow | null> {
  return (await connection.rows<PushRow>(next, [target]))[0] ?? null;
}

export async function addPushSteps(
  connection: Connection,
  id: string,
  steps: readonly PushStep[],
): Promise<void> {
  if (steps.length > 0) await connection.rows(addSteps, [id, storableJson(steps)]);
}

export async function endPush(connection: Connection, id: string, state: 'done' | 'failed'): Promise<void> {
  await connection.rows(end, [id, state]);
}

export async function readPush(connection: Connection, id: string): Promise<PushRow | null> {
  return (await connection.rows<PushRow>(read, [id]))[0] ?? null;
}

/** The live user with that id, or whose folded userName is `nameKey`. */
export async function findPushUser(
  connection: Connection,
  { idOrName, nameKey }: { readonly idOrName: string; readonly nameKey: string },
): Promise<{ readonly n: UserN; readonly id: string; readonly user_name: string | null } | null> {
  return (
    (
      await connection.rows<{ n: UserN; id: string; user_name: string | null }>(userNumber, [
        idOrName,
        nameKey,
      ])
    )[0] ?? null
  );
}
