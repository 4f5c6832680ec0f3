/** Users and groups as somebody types who they mean: those that begin so first. */
import type { GroupId, UserId } from '../../core/ids.ts';
import { foldName } from '../../core/names.ts';
import { fullNameOf, type NameParts } from '../../core/person-name.ts';
import { type Connection, named, type Statement } from '../database.ts';
import { userLabel, userNameParts } from '../lookup.ts';
import { anyPart, beginning } from './like.ts';

export type Suggestion = { readonly name: string; readonly about: string | null } & (
  { readonly type: 'user'; readonly id: UserId } | { readonly type: 'group'; readonly id: GroupId }
);

interface SuggestedUser {
  readonly id: UserId;
  readonly name: string;
  /** What has to be known of the account before its name. */
  readonly standing: string | null;
  readonly parts: NameParts;
}

const userColumns = `u.id, ${userLabel} as name,
  case when u.stub then 'not arrived yet' when not u.active then 'inactive' end as standing,
  ${userNameParts} as parts, u.user_name_key as key`;

/** Planned at every run: an index serves LIKE only where the pattern is known. */
const usersBeginning: Statement = {
  text: `select ${userColumns} from users u where u.deleted_at is null and u.user_name_key like $1
   order by u.user_name_key limit $2`,
};

const usersWith = named(
  'screen_suggest_users_with',
  `select ${userColumns} from users u
   where u.deleted_at is null and (u.user_name_key like $1 or lower(u.document->>'displayName') like $1
     or u.n in (select k.user_n from identity_key k where k.kind = 'email' and k.value_key = $3))
   order by u.user_name_key limit $2`,
);

const groups = named(
  'screen_suggest_groups',
  `select 'group' as type, g.id, g.name, g.description as about, g.name_key as key from groups g
   where g.deleted_at is null and g.name_key like $1 and g.kind <> 'everyone'
   order by g.name_key like $3 desc, g.name_key limit $2`,
);

/** Users whose userName or display name has the text, or whose e-mail address it is. */
export async function suggestUsers(
  connection: Connection,
  text: string,
  limit: number,
): Promise<Suggestion[]> {
  const key = foldName(text);
  if (key === '') return [];
  const found = await connection.rows<SuggestedUser>(usersBeginning, [beginning(key), limit]);
  if (found.length >= limit) return found.map(suggestedUser);
  const others = await connection.rows<SuggestedUser>(usersWith, [anyPart(key), limit, key]);
  const known = new Set<string>(found.map(({ id }) => id));
  return [...found, ...others.filter(({ id }) => !known.has(id))].slice(0, limit).map(suggestedUser);
}

function suggestedUser({ id, name, standing, parts }: SuggestedUser): Suggestion {
  return { type: 'user', id, name, about: standing ?? fullNameOf(parts) };
}

/** Groups whose name has the text. */
export async function suggestGroups(
  connection: Connection,
  text: string,
  limit: number,
): Promise<Suggestion[]> {
  const key = foldName(text);
  return key === '' ? [] : connection.rows<Suggestion>(groups, [anyPart(key), limit, beginning(key)]);
}
