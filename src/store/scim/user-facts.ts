/** Facts of a user that are not in its row, as pieces of statements over `users u`. */
import { inNamespace } from './view.ts';

const UUID = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$';
const MANAGER = `'{urn:ietf:params:scim:schemas:extension:enterprise:2.0:User,manager,value}'`;

/** `groups g` that the user is in, and `m.direct`; those not created by `own` are left out where it is not null. */
export function groupsOfUserSql(own: string): string {
  return `(
      select c.ancestor as n, bool_or(c.ancestor = a.group_n) as direct
      from assertion a join closure c on c.descendant = a.group_n
      where a.member_n = u.n and not a.suppressed group by c.ancestor) m
    join groups g on g.n = m.n and g.deleted_at is null and ${inNamespace('g', own)}`;
}

/** `identity_key k` of the user; of the externalIds only the one that `issuer` gave. */
export function keysOfUserSql(issuer: string): string {
  return `(
      select k.kind, k.issuer, k.value from identity_key k
      where k.user_n = u.n and (k.kind <> 'externalId' or k.issuer = ${issuer})) k`;
}

/** Affiliations `f` of an active user that are in force, each once: `name` as it was told, `key` folded. */
export const affiliationsOfUserSql = `(
      select a.key, min(a.value || coalesce('@' || a.scope, '')) as name from affiliation_fact a
      where a.user_n = u.n and u.active and (a.expires_at is null or a.expires_at > now()) group by a.key) f`;

/** An expression over `users m`, the user's manager; null where the manager is no user that can be seen. */
export function managerSql(expression: string, own: string): string {
  return `(select ${expression} from users m
    where m.id = (case when u.document #>> ${MANAGER} ~ '${UUID}' then (u.document #>> ${MANAGER})::uuid end)
      and m.deleted_at is null and not m.stub and ${inNamespace('m', own)})`;
}
