/** Users in pages, for an export. Unnamed statements: what was written out already cannot be run again. */
import type { ExportedPerson } from '../../core/exports/person-line.ts';
import type { Tx } from '../database.ts';
import { managerSql } from '../scim/user-facts.ts';

export interface PersonPageRow extends ExportedPerson {
  readonly n: number;
}

const text = `
  select u.n, u.id, u.user_name as "userName", u.active, u.stub, u.document, u.created_at as "createdAt",
         u.modified_at as "modifiedAt", ${managerSql('m.user_name', 'null::int')} as manager,
         (select coalesce(json_agg(json_build_object(
             'kind', k.kind, 'issuer', k.issuer, 'value', k.value,
             'audience', coalesce(k.qualifiers ->> 'audience', k.qualifiers ->> 'spNameQualifier'),
             'isUnique', k.kind = 'externalId' and not exists (
               select 1 from identity_key o
               where o.kind = 'externalId' and o.value_key = k.value_key and o.user_n <> k.user_n))
           order by k.source_n <> u.created_by, k.since, k.kind, k.issuer, k.value_key), '[]')
          from identity_key k where k.user_n = u.n and k.kind <> 'email') as keys
  from users u where u.deleted_at is null and u.n > $1 order by u.n limit $2`;

/** Live users behind number `after`, stubs too. */
export async function readPeople(tx: Tx, after: number, limit: number): Promise<PersonPageRow[]> {
  return tx.rows<PersonPageRow>({ text }, [after, limit]);
}
