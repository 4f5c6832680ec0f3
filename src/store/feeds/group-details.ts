/** What rows about groups state of them: description and flags. The last row of a group decides. */
import type { GroupId } from '../../core/ids.ts';
import { authorColumns, type ChangeAuthor, type Place } from '../changes.ts';
import type { Tx } from '../database.ts';
import { LIVE, placeOf } from './names.ts';

/** Writes what is stated and differs. Answers the last place in the log. */
export async function describeGroups(tx: Tx, author: ChangeAuthor): Promise<Place | null> {
  const text = `
    with said as (
      select distinct on (i.group_n) i.group_n as n, s.line, s.data
      from ${LIVE} s join staged_name i on i.key = s.group_key and i.group_n is not null
      where s.kind = 'n' and s.action = 'i' order by i.group_n, s.line desc),
    before as (
      select g.n, said.line, g.description, g.internal, g.hidden, g.open, g.public,
             coalesce(said.data ->> 'description', g.description) as new_description,
             coalesce((said.data ->> 'internal')::boolean, g.internal) as new_internal,
             coalesce((said.data ->> 'hidden')::boolean, g.hidden) as new_hidden,
             coalesce((said.data ->> 'open')::boolean, g.open) as new_open,
             coalesce((said.data ->> 'public')::boolean, g.public) as new_public
      from said join groups g on g.n = said.n order by g.n for no key update of g),
    moved as (
      select * from before
      where (description, internal, hidden, open, public)
        is distinct from (new_description, new_internal, new_hidden, new_open, new_public)),
    written as (
      update groups g
      set description = m.new_description, internal = m.new_internal, hidden = m.new_hidden, open = m.new_open,
          public = m.new_public, version = g.version + 1, modified_at = now()
      from moved m where g.n = m.n),
    noted as (insert into staged_effect (line) select line from moved),
    logged as (
      insert into change (type, group_n, actor_kind, actor_id, on_behalf_of, source_n, origin_n, request_id,
                          before, after)
      select 'group.updated', n, $1::text, $2::text, (select u.n from users u where u.id = $3::uuid) as on_behalf_of, $4::int,
             $5::bigint, $6::text,
             jsonb_build_object('description', description, 'internal', internal, 'hidden', hidden, 'open', open,
                                'public', public),
             jsonb_build_object('description', new_description, 'internal', new_internal, 'hidden', new_hidden,
                                'open', new_open, 'public', new_public)
      from moved order by n
      returning xid, seq)
    select max(xid::text) as xid, max(seq) as seq from logged`;
  return placeOf(await tx.rows({ text }, authorColumns(author)));
}

/** The groups whose last row deletes them; their lines count as applied. */
export async function takeDeletedGroups(tx: Tx): Promise<GroupId[]> {
  const text = `
    with last as (
      select distinct on (s.group_key) s.group_key, s.line, s.action from ${LIVE} s
      where s.kind = 'n' order by s.group_key, s.line desc),
    gone as (
      select g.n, g.id, l.line from last l join groups g on g.name_key = l.group_key and g.deleted_at is null
      where l.action = 'd'),
    noted as (insert into staged_effect (line) select line from gone)
    select id from gone order by n`;
  return (await tx.rows<{ id: GroupId }>({ text })).map(({ id }) => id);
}
