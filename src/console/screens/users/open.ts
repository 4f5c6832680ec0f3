import { parseUserId } from '../../../core/ids.ts';
import { Refusal } from '../../../core/refusal.ts';
import { findUser, type UserRow } from '../../../store/users.ts';
import type { Visit } from '../../screen.ts';

/** The user that the address names. Refuses `user.not_found`. */
export async function openUser({ parts, params }: Visit): Promise<UserRow> {
  const id = parseUserId(params.id ?? '');
  const user = id === null ? null : await findUser(parts.directory.database, id, '');
  if (user === null) throw new Refusal('user.not_found', { user: params.id ?? '' });
  return user;
}
