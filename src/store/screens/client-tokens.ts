/** Tokens of a client, as far as they may be shown. */
import { type Connection, named } from '../database.ts';

export interface ClientTokenRow {
  readonly id: string;
  /** The part of the token that is no secret; null for one that the operator chose. */
  readonly key_id: string | null;
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly is_good: boolean;
}

const tokens = named(
  'screen_tokens_of_client',
  `select t.id, t.key_id, t.created_at, t.expires_at,
     t.revoked_at is null and (t.expires_at is null or t.expires_at > now()) as is_good
   from client_token t where t.client_n = $1 and t.purpose = 'token' order by t.created_at desc limit 20`,
);

/** The newest first; tokens of OAuth, which are good for an hour, are left out. */
export async function tokensOfClient(connection: Connection, client: number): Promise<ClientTokenRow[]> {
  return connection.rows<ClientTokenRow>(tokens, [client]);
}
