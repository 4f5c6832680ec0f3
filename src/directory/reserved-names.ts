/** Names that no group may take (D-05): a list that administrators keep, each with its reason. */
import { faultOfName, foldName } from '../core/names.ts';
import { requireTo } from '../core/policies.ts';
import { Refusal } from '../core/refusal.ts';
import {
  deleteReservedName,
  findReservedName,
  type ReservedNameRow,
  upsertReservedName,
} from '../store/reserved-names.ts';
import { record, type Work } from './work.ts';

/** Refuses `group.name_reserved` for a name on the list. Groups that have it already keep it. */
export async function refuseReservedName(work: Work, name: string): Promise<void> {
  const found = await findReservedName(work.tx, foldName(name));
  if (found !== null) throw new Refusal('group.name_reserved', { name, why: found.reason });
}

/** Reserves a name, or gives it another reason. Refuses `group.invalid` for what is no name, and `actor.not_allowed`. */
export async function reserveName(
  work: Work,
  { name, reason }: { readonly name: string; readonly reason: string },
): Promise<ReservedNameRow> {
  requireTo('reserve-names', work.by.actor);
  const fault = faultOfName(name);
  if (fault !== null) throw new Refusal('group.invalid', { why: `A reserved name ${fault}.` });
  const row = await upsertReservedName(work.tx, {
    nameKey: foldName(name),
    name: name.trim().normalize('NFC'),
    reason,
  });
  await record(work, { type: 'name.reserved', after: { name: row.name, reason } });
  return row;
}

/** Frees a reserved name; one that is not on the list is free already. Refuses `actor.not_allowed`. */
export async function releaseName(work: Work, name: string): Promise<void> {
  requireTo('reserve-names', work.by.actor);
  const row = await deleteReservedName(work.tx, foldName(name));
  if (row !== null) await record(work, { type: 'name.released', before: { name: row.name } });
}
