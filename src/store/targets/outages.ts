/** What the log says of a target's outages. */
import { type Connection, named } from '../database.ts';

export interface LastOutage {
  readonly type: 'target.down' | 'target.recovered';
  /** Within the last ten minutes. */
  readonly isRecent: boolean;
}

const last = named(
  'target_last_outage',
  `select type, at > now() - interval '10 minutes' as "isRecent" from change
   where starts_with(type, 'target.') and after->>'id' = $1 and type in ('target.down', 'target.recovered')
   order by seq desc limit 1`,
);

/** The entry that tells of it last; null for a target that was never away. */
export async function readLastOutage(connection: Connection, id: string): Promise<LastOutage | null> {
  return (await connection.rows<LastOutage>(last, [id]))[0] ?? null;
}
