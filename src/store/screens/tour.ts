/** How far somebody is on the tour of the demo: each step looks for what doing it leaves behind. */
import { demo } from '../../core/demo.ts';
import type { GroupN, UserN } from '../../core/ids.ts';
import { foldName } from '../../core/names.ts';
import { type Connection, named, onlyRow } from '../database.ts';
import { membersAmong } from '../targets/member-sets.ts';

export interface TourState {
  /** Ids of the demo's groups; null where there is no demo. */
  readonly university: string | null;
  readonly open: string | null;
  readonly asked: string | null;
  readonly staff: string | null;
  /** The plan of the poisoned file. */
  readonly plan: string | null;
  readonly has_joined: boolean;
  readonly is_answered: boolean;
  readonly is_decided: boolean;
  /** Somebody was added to the staff, and a target has them. */
  readonly has_arrived: boolean;
  readonly is_connected: boolean;
}

interface StateRow extends Omit<TourState, 'has_arrived'> {
  readonly staff_n: GroupN | null;
  /** Whom somebody added to the staff. */
  readonly added: readonly UserN[];
  /** Targets that keep the staff. */
  readonly keepers: readonly number[];
}

const state = named(
  'screen_tour',
  `with at as (
     select g.n, g.id, g.name_key as key from groups g
     where g.deleted_at is null and g.name_key = any(array[$2, $3, $4, $5])),
   poisoned as (
     select p.id, p.state from plan p where p.kind = 'feed' and starts_with(p.title, $6)
     order by p.n desc limit 1)
   select (select id from at where key = $2) as university, (select id from at where key = $3) as open,
     (select id from at where key = $4) as asked, (select id from at where key = $5) as staff,
     (select id from poisoned) as plan,
     exists (select from assertion a join at on at.n = a.group_n
             where at.key = $3 and a.member_n = $1 and not a.suppressed) as has_joined,
     exists (select from join_request r join at on at.n = r.group_n
             where at.key = $4 and r.state in ('approved', 'denied')) as is_answered,
     exists (select from poisoned where state in ('applied', 'rejected', 'replaced')) as is_decided,
     (select n from at where key = $5) as staff_n,
     array(select a.member_n from assertion a join at on at.n = a.group_n join source s on s.n = a.source_n
           where at.key = $5 and s.name = 'console' and a.member_kind = 'u') as added,
     array(select t.n from target t join target_scope ts on ts.target_n = t.n join at on at.n = ts.group_n
           where at.key = $5 and t.deleted_at is null) as keepers,
     exists (select from client c join source s on s.n = c.source_n
             where c.revoked_at is null and s.name <> all(array['bootstrap', $7, $8])) as is_connected`,
);

/** Where the person stands. */
export async function readTour(connection: Connection, person: UserN): Promise<TourState> {
  const keys = [demo.university, demo.openGroup, demo.askedGroup, demo.staffGroup].map(foldName);
  const { staff_n, added, keepers, ...row } = onlyRow(
    await connection.rows<StateRow>(state, [
      person,
      ...keys,
      demo.poisonedFile,
      demo.client,
      demo.adminClient,
    ]),
  );
  const has_arrived = staff_n !== null && (await hasAny(connection, { group: staff_n, keepers, added }));
  return { ...row, has_arrived };
}

interface Arrival {
  readonly group: GroupN;
  readonly keepers: readonly number[];
  readonly added: readonly UserN[];
}

/** True when one of the targets holds one of those who were added, by its ledger. */
async function hasAny(connection: Connection, { group, keepers, added }: Arrival): Promise<boolean> {
  for (const target of keepers) {
    const held = await membersAmong(connection, { target, group, aspect: 'a' }, added);
    if (held.size > 0) return true;
  }
  return false;
}
