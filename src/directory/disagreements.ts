/** What files and the directory disagree about, decided by a person (D-09, D-10, the identity cell). */
import type { StatedPlace } from '../core/feeds/stated.ts';
import { assignStated } from '../core/feeds/stated.ts';
import type { UserId } from '../core/ids.ts';
import { Refusal } from '../core/refusal.ts';
import { isObject, type Json, type JsonObject, own } from '../core/scim/json.ts';
import { bindLogins } from '../store/feeds/disagreements.ts';
import {
  type DisagreementRow,
  findDisagreement,
  lockDisagreement,
  markResolved,
  type Resolution,
} from '../store/feeds/disagreement-rows.ts';
import { mergeUsers } from './merging.ts';
import { changeUser } from './users.ts';
import type { Work } from './work.ts';

export interface Decision {
  readonly disagreement: string;
  readonly resolution: Resolution;
  readonly reason: string | null;
  /** Of two users, the one that stays; null for the one that is no stub, else the older one. */
  readonly into: UserId | null;
  /** Finds the place of an attribute that drifted. */
  readonly placeOf: (spelling: string) => StatedPlace | null;
}

/**
 * Decides a disagreement once. `merge`: the users become one, the login key is bound, the feed's value is taken.
 * `separate`: they are different people, the key is not bound. `keep`: everything stays as the directory has it.
 * Refuses `conflict.not_found`, `conflict.decided`, and `body.invalid` where there is nothing to merge.
 */
export async function decideDisagreement(work: Work, decision: Decision): Promise<DisagreementRow> {
  const { disagreement: id, resolution, reason } = decision;
  const row = await lockDisagreement(work.tx, id);
  if (row === null) throw new Refusal('conflict.not_found', { conflict: id });
  if (row.state !== 'open') {
    throw new Refusal('conflict.decided', { conflict: id, decision: row.resolution ?? row.state });
  }
  if (resolution === 'merge') await merge(work, row, decision);
  const { kind, id: by } = work.by.actor;
  await markResolved(work.tx, { id, resolution, reason, by: `${kind}:${by}` });
  return (await findDisagreement(work.tx, id)) ?? row;
}

async function merge(work: Work, row: DisagreementRow, decision: Decision): Promise<void> {
  switch (row.kind) {
    case 'identity':
      return mergeAll(work, row, decision);
    case 'login':
      return bind(work, row);
    case 'drift':
      return takeStated(work, row, decision);
  }
}

async function mergeAll(work: Work, { users }: DisagreementRow, { into }: Decision): Promise<void> {
  const staying = into === null ? users[0] : users.find(({ id }) => id === into);
  if (staying === undefined || users.length < 2) {
    throw new Refusal('body.invalid', {
      why:
        users.length < 2
          ? 'There are no two users left to merge. Decide it with "keep".'
          : 'into must be one of the users that the conflict is about.',
    });
  }
  for (const user of users) if (user.id !== staying.id) await mergeUsers(work, { from: user, into: staying });
}

async function bind(
  { tx }: Work,
  { users, attribute, stated, source_n: source }: DisagreementRow,
): Promise<void> {
  const [user] = users;
  const key = isObject(stated) ? stated : {};
  const text = (name: string): string => {
    const value = own(key, name);
    return typeof value === 'string' ? value : '';
  };
  if (user === undefined)
    throw new Refusal('body.invalid', { why: 'The user is gone. Decide it with "keep".' });
  const kind = attribute === 'eppn' ? 'eppn' : 'targetedId';
  await bindLogins(tx, source, [
    { n: user.n, kind, issuer: text('issuer'), key: text('key'), value: text('value') },
  ]);
}

async function takeStated(work: Work, row: DisagreementRow, { placeOf }: Decision): Promise<void> {
  const [user] = row.users;
  const place = row.attribute === null ? null : placeOf(row.attribute);
  const value: Json = row.stated;
  if (user === undefined)
    throw new Refusal('body.invalid', { why: 'The user is gone. Decide it with "keep".' });
  await changeUser(work, {
    user: user.id,
    ifMatch: null,
    edit: (current) => {
      if (row.attribute === 'userName' && typeof value === 'string') return { ...current, userName: value };
      if (row.attribute === 'active') return { ...current, active: value === true };
      if (place === null)
        throw new Refusal('body.invalid', {
          why: 'No schema has that attribute any more. Decide it with "keep".',
        });
      return { ...current, document: assignStated(current.document as JsonObject, place, value) };
    },
  });
}
