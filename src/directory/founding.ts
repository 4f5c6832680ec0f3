/** What a new directory starts with (domain.md, Permissions). */
import { createGroup, newGroupState } from './groups.ts';
import { governGroup } from './governance.ts';
import { ensureRoles } from './roles.ts';
import type { Work } from './work.ts';

/** The roles that the portal's users know. */
const ROLES = ['member', 'publisher', 'moderator'];

/** Makes the first roles, and the group `Member`, whose members may ask to join other groups. */
export async function foundDirectory(work: Work): Promise<void> {
  await ensureRoles(work, ROLES);
  const description = 'Its members may ask to join other groups.';
  const { id } = await createGroup(work, { ...newGroupState, name: 'Member', description });
  await governGroup(work, { group: id, permissions: ['groups.request'], at: 'creation' });
}
