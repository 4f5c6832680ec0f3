/** What the sub-attributes of a member are in SQL, and what is asked of the members of one group. */
import type { GroupId, UserId } from '../../core/ids.ts';
import type { Filter } from '../../core/scim/filter.ts';
import { type Connection, named } from '../database.ts';
import { type Binder, newBinder } from './binder.ts';
import { conditionSql, elementVocabulary, type Vocabulary } from './condition.ts';
import { isVisibleMember, joinMembersSql, memberColumns } from './member-rows.ts';
import { foldedText, plainText } from './value-sql.ts';
import { inNamespace, ownSource, type View } from './view.ts';

/** The vocabulary of members joined by {@link joinMembersSql}. */
export function memberVocabulary(view: View, binder: Binder): Vocabulary {
  return elementVocabulary(({ sub }) => {
    switch (sub?.name) {
      case 'value':
        return plainText(`${memberColumns.id}::text`);
      case 'display':
        return foldedText(memberColumns.display, memberColumns.foldedDisplay);
      case 'type':
        return foldedText(memberColumns.type, `lower(${memberColumns.type})`);
      case '$ref':
        return plainText(
          `(${binder.bind(view.baseUrl)}::text || '/' || ${memberColumns.type} || 's/' || ${memberColumns.id})`,
        );
      default:
        return null;
    }
  }, 'true');
}

const seen = named(
  'scim_members_seen',
  `select u.id from users u where u.id = any($1::uuid[]) and u.deleted_at is null
     and (not u.stub or u.user_name is not null) and ${inNamespace('u', '$2::int')}
   union all
   select g.id from groups g where g.id = any($1::uuid[]) and g.deleted_at is null and ${inNamespace('g', '$2::int')}`,
);

/** Those of the ids that are there and in the namespace of the view's source. */
export async function listInNamespace(
  connection: Connection,
  view: View,
  ids: readonly (UserId | GroupId)[],
): Promise<(UserId | GroupId)[]> {
  return (await connection.rows<{ id: UserId | GroupId }>(seen, [ids, view.source])).map(({ id }) => id);
}

/** Ids of the members of a group that can be seen and fit the test; null for all. */
export async function listFittingMembers(
  connection: Connection,
  view: View,
  { group, test }: { readonly group: GroupId; readonly test: Filter | null },
): Promise<(UserId | GroupId)[]> {
  const binder = newBinder();
  const own = `${binder.bind(ownSource(view))}::int`;
  const condition = test === null ? 'true' : conditionSql(test, memberVocabulary(view, binder), binder);
  const { text, values } = binder.finish(`
    select ${memberColumns.id} as id
    from (select distinct a.member_n from assertion a join groups g on g.n = a.group_n
          where g.id = ${binder.bind(group)}::uuid and g.deleted_at is null and not a.suppressed) a
    ${joinMembersSql(own)} where ${isVisibleMember} and ${condition}`);
  return (await connection.rows<{ id: UserId | GroupId }>({ text }, values)).map(({ id }) => id);
}
