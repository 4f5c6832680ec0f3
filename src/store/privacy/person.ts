/** A person as the law speaks of them: living or deleted, and every word they were ever known by. */
import { isUuid, type UserId, type UserN } from '../../core/ids.ts';
import { foldName } from '../../core/names.ts';
import { type Connection, named, type Tx } from '../database.ts';
import { findUsersCalled, userLabel } from '../lookup.ts';

export interface PersonRef {
  readonly n: UserN;
  readonly id: UserId;
  /** What the person is called; the id where nothing else is known any more. */
  readonly name: string;
}

const columns = `u.n, u.id, ${userLabel} as name`;
const byId = named('privacy_by_id', `select ${columns} from users u where u.id = $1`);
const deletedByName = named(
  'privacy_deleted_by_name',
  `select ${columns} from users u where u.user_name_key = $1 and u.deleted_at is not null order by u.n limit 2`,
);

/** Whom a text may mean: a user as {@link findUsersCalled}, else a deleted one by id or userName. Two when it is not clear. */
export async function findPeopleCalled(connection: Connection, text: string): Promise<PersonRef[]> {
  if (isUuid(text)) return connection.rows<PersonRef>(byId, [text]);
  const living = await findUsersCalled(connection, text);
  if (living.length > 0) return living.map(({ n, id, name }) => ({ n, id, name }));
  return connection.rows<PersonRef>(deletedByName, [foldName(text)]);
}

const lock = named(
  'privacy_lock',
  'select deleted_at is null as living, erased_at is not null as erased from users where n = $1 for no key update',
);

export interface PersonState {
  readonly living: boolean;
  readonly erased: boolean;
}

/** Where a person stands, locked until the transaction ends; null for nobody. */
export async function lockPerson(tx: Tx, user: UserN): Promise<PersonState | null> {
  return (await tx.rows<PersonState>(lock, [user]))[0] ?? null;
}

/*
 * Of now and of before. What a source says of a person is spelled by attribute there (`emails` for the address itself);
 * a document has a list of elements.
 */
const wordsOf = named(
  'privacy_words',
  `with said as (
     select document || jsonb_build_object('userName', user_name) as doc from users where n = $1
     union all select before from change_personal where user_n = $1
     union all select after from change_personal where user_n = $1
     union all select stated from user_statement where user_n = $1
     union all select profile from idp_account where user_n = $1),
   known as (
     select doc ->> k.name as word, k.name <> 'displayName' as is_key from said
     cross join unnest(array['userName', 'externalId', 'emails', 'email', 'displayName']) as k(name)
     where jsonb_typeof(doc -> k.name) = 'string'
     union all
     select e ->> 'value', true from said
     cross join jsonb_array_elements(case when jsonb_typeof(doc -> 'emails') = 'array' then doc -> 'emails' else '[]' end) e
     union all select value, true from identity_key where user_n = $1
     union all select value_key, true from retired_key where user_n = $1
     union all select name_id, true from session where user_n = $1)
   select word, bool_or(is_key) as is_key from known where length(word) >= 2 group by word order by word`,
);

export interface PersonWords {
  /** What the person alone was found by: userNames, addresses, keys. */
  readonly keys: readonly string[];
  /** What they were called besides, which others may be called too. */
  readonly names: readonly string[];
}

/** Keys and names that the person has, or ever had as far as is known. */
export async function wordsOfPerson(connection: Connection, user: UserN): Promise<PersonWords> {
  const rows = await connection.rows<{ word: string; is_key: boolean }>(wordsOf, [user]);
  return {
    keys: rows.filter((row) => row.is_key).map(({ word }) => word),
    names: rows.filter((row) => !row.is_key).map(({ word }) => word),
  };
}

/**
 * A regular expression of PostgreSQL, for `~*` on texts in NFC, that finds any of the words, or the id, where they stand
 * by themselves: `ada` is not found in `adam`.
 */
export function patternOf(words: readonly string[], id?: UserId): string {
  const all = id === undefined ? words : [...words, id];
  const escaped = all.map((word) => word.normalize('NFC').replaceAll(/[^\p{L}\p{N}\s]/gu, '\\$&'));
  return `(^|[^[:alnum:]])(${escaped.join('|')})($|[^[:alnum:]])`;
}
