/** Accounts that hold more than whoever changes them (J-19, J-20). */
import { holds, isAdministrator } from '../core/actor.ts';
import { type AccountChange, faultOfAccountChange } from '../core/account-change.ts';
import { emailKeysOf } from '../core/emails.ts';
import type { UserN } from '../core/ids.ts';
import { foldName } from '../core/names.ts';
import { Refusal } from '../core/refusal.ts';
import { raiseAlert } from '../store/alerts.ts';
import { permissionsOfUser } from '../store/people.ts';
import { listAdministrators, listHigherAccounts } from '../store/permission-holders.ts';
import type { Work } from './work.ts';

/** What of a user's record this is about. */
interface Named {
  readonly userName: string | null;
  readonly active: boolean;
  readonly document: Readonly<Record<string, unknown>>;
}

/**
 * Whoever can give an account other names can sign in as it. So people change no account that holds a permission
 * which they do not hold themselves (J-19); active or not, for it may become active again.
 */
export async function requireNoHigher(
  { tx, by: { actor } }: Work,
  row: { readonly n: UserN },
): Promise<void> {
  if (actor.kind !== 'user' || isAdministrator(actor) || actor.n === row.n) return;
  const held = await permissionsOfUser(tx, row.n);
  const higher = held.find((permission) => permission !== 'groups.request' && !holds(actor, permission));
  if (higher === undefined) return;
  throw new Refusal('actor.not_allowed', { act: `change an account that holds ${higher}`, group: null });
}

/**
 * Refuses (`user.protected`) programs what {@link faultOfAccountChange} finds, where the account holds a permission that
 * the program's source could not have given it. An identity provider's login is asked elsewhere whom it may sign in.
 */
export async function requireRightTo(
  { tx, by: { actor }, sourceN }: Work,
  user: UserN,
  change: AccountChange,
): Promise<void> {
  if (actor.kind !== 'client' || isAdministrator(actor)) return;
  if (!change.isRenamed && !change.ends && !change.returns) return;
  const higher = (await listHigherAccounts(tx, [user], sourceN)).get(user);
  if (higher === undefined) return;
  const fault = faultOfAccountChange(change, higher);
  if (fault === null) return;
  throw new Refusal('user.protected', { user: higher.name, permission: higher.permission, change: fault });
}

/** What a change of the record means to whoever signs in by the account. */
export function accountChange(before: Named, after: Named): AccountChange {
  const had = new Set(emailKeysOf(before.document).map(({ key }) => key));
  const isNamedElse = after.userName !== null && foldName(after.userName) !== foldName(before.userName ?? '');
  return {
    isRenamed: isNamedElse || emailKeysOf(after.document).some(({ key }) => !had.has(key)),
    ends: before.active && !after.active,
    returns: !before.active && after.active,
  };
}

/** Tells people that a program ends accounts of administrators; to be called before it does. */
export async function tellEndOfAdministrators(
  { tx, by }: Work,
  users: readonly UserN[],
  how: 'deactivated' | 'deleted',
): Promise<void> {
  if (by.source === 'console' || by.actor.kind === 'system') return;
  for (const { id, name } of await listAdministrators(tx, users)) {
    await raiseAlert(tx, {
      kind: 'administrator.ended',
      subject: id,
      details: { user: name, source: by.source, how },
    });
  }
}
