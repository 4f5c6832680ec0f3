/** Wishes of the visitor: joining, leaving, taking a request back. */
import type { Attribution } from '../../../core/attribution.ts';
import { type GroupId, isUuid, parseGroupId } from '../../../core/ids.ts';
import { Refusal } from '../../../core/refusal.ts';
import { cancelRequest, joinGroup, leaveGroup } from '../../../directory/requests.ts';
import { perform } from '../../../directory/work.ts';
import { findGroupRef } from '../../../store/effective/refs.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';

/** POST /my-groups/join */
export async function joinFromList(visit: Visit): Promise<ScreenAnswer> {
  return join(visit, groupOf(visit), '/my-groups');
}

/** Joins, or asks for it, and goes on to `to`. Refuses as joinGroup. */
export async function join(visit: Visit, group: GroupId, to: string): Promise<ScreenAnswer> {
  const { parts, person, form, t } = visit;
  const wish = { group, user: person.id, reason: reasonIn(form) };
  const { result } = await perform(parts.directory, ownWish(visit), (work) => joinGroup(work, wish));
  const name = await nameOf(visit, group);
  const text = result.outcome === 'requested' ? t.own.requestedJoin(name) : t.own.joined(name);
  return { kind: 'go', to, notice: { tone: 'done', text } };
}

/** POST /my-groups/leave */
export async function leaveFromList(visit: Visit): Promise<ScreenAnswer> {
  const { parts, person, form, t } = visit;
  const group = groupOf(visit);
  const wish = { group, user: person.id, reason: reasonIn(form) };
  const { result } = await perform(parts.directory, ownWish(visit), (work) => leaveGroup(work, wish));
  const name = await nameOf(visit, group);
  const text = result.outcome === 'requested' ? t.own.requestedLeave(name) : t.own.left(name);
  return { kind: 'go', to: '/my-groups', notice: { tone: 'done', text } };
}

/** POST /my-groups/cancel */
export async function cancelWish(visit: Visit): Promise<ScreenAnswer> {
  const { parts, form, t } = visit;
  const request = form.get('request') ?? '';
  if (!isUuid(request)) throw new Refusal('request.not_found', { request });
  const { result } = await perform(parts.directory, ownWish(visit), (work) =>
    cancelRequest(work, { request, reason: null }),
  );
  const text = t.own.cancelled(result.group_name);
  return { kind: 'go', to: '/my-groups', notice: { tone: 'done', text } };
}

/** What follows from somebody's own wish is asserted by `self-service`. */
export function ownWish({ by }: Visit): Attribution {
  return { ...by, source: 'self-service' };
}

/** A reason that a form carries; null for none. */
export function reasonIn(form: URLSearchParams): string | null {
  const reason = (form.get('reason') ?? '').trim();
  return reason === '' ? null : reason.slice(0, 1_000);
}

function groupOf({ form }: Visit): GroupId {
  const text = form.get('group') ?? '';
  const group = parseGroupId(text);
  if (group === null) throw new Refusal('group.not_found', { group: text });
  return group;
}

async function nameOf({ parts }: Visit, group: GroupId): Promise<string> {
  return (await findGroupRef(parts.directory.database, group))?.name ?? '';
}
