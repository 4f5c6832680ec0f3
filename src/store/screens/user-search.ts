/** Users as people look for them: by a part of the userName or display name, or by a whole e-mail address. */
import type { UserId, UserN } from '../../core/ids.ts';
import { foldName } from '../../core/names.ts';
import { fullNameOf, type NameParts } from '../../core/person-name.ts';
import { type Connection, named } from '../database.ts';
import { userNameParts } from '../lookup.ts';

export interface UserSearchRow {
  readonly n: UserN;
  readonly id: UserId;
  readonly name: string;
  /** The folded userName, by which the list is in order. */
  readonly key: string;
  /** The name in full; null where nothing of it is known. */
  readonly display: string | null;
  readonly email: string | null;
  readonly active: boolean;
  readonly stub: boolean;
}

export interface UserSearch {
  readonly text: string;
  readonly state: 'active' | 'inactive' | 'stub' | null;
  /** Folded userName of the last user of the page before; empty for the first page. */
  readonly after: string;
  readonly limit: number;
}

const search = named(
  'screen_user_search',
  `select u.n, u.id, u.user_name as name, u.user_name_key as key, ${userNameParts} as parts,
     u.document #>> '{emails,0,value}' as email, u.active, u.stub
   from users u
   where u.deleted_at is null and u.user_name_key is not null and u.user_name_key > $3
     and ($1::text is null or u.user_name_key like $1 or lower(u.document->>'displayName') like $1
       or u.n in (select k.user_n from identity_key k where k.kind = 'email' and k.value_key = $2))
     and ($5::text is null or case $5 when 'stub' then u.stub when 'active' then u.active and not u.stub
                                else not u.active and not u.stub end)
   order by u.user_name_key limit $4`,
);

/** A page of users, in the order of their userNames. */
export async function searchUsers(
  connection: Connection,
  { text, state, after, limit }: UserSearch,
): Promise<UserSearchRow[]> {
  const key = foldName(text);
  const part = key === '' ? null : `%${key.replace(/[\\%_]/g, '\\$&')}%`;
  const rows = await connection.rows<Omit<UserSearchRow, 'display'> & { readonly parts: NameParts }>(search, [
    ...[part, key, after, limit, state],
  ]);
  return rows.map(({ parts, ...row }) => ({ ...row, display: fullNameOf(parts) }));
}
