import { type Connection, named } from '../database.ts';

/** A user or group by its number, deleted ones too. */
export interface Named {
  readonly n: number;
  readonly kind: 'u' | 'g';
  readonly id: string | null;
  readonly name: string | null;
}

const names = named(
  'plan_names',
  `select n, 'u' as kind, id, coalesce(user_name, document #>> '{emails,0,value}') as name
   from users where n = any($1::int[])
   union all
   select n, 'g', id, name from groups where n = any($1::int[])`,
);

/** Ids and names of users and groups; a user without userName is called by its first e-mail. */
export async function namesOfNumbers(connection: Connection, numbers: readonly number[]): Promise<Named[]> {
  return numbers.length === 0 ? [] : connection.rows<Named>(names, [numbers]);
}
