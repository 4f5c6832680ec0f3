/** Finding an object of ours at a SCIM target (O-03). */
import { isRemoteId } from '../../../core/targets/foreign-text.ts';
import { foldTargetName } from '../../../core/targets/target-name.ts';
import type { Failed, Held, Resolution, TargetObject } from '../../connector.ts';
import { judgeHits, nameOf } from '../match.ts';
import { quoted, type ScimClient, type ScimResource } from './client.ts';

/** A resource as the engine sees it; null for one without an id that a request could name. */
export function heldResource(resource: ScimResource): Held | null {
  const { id, externalId, userName, displayName, active } = resource;
  if (!isRemoteId(id)) return null;
  return {
    remoteId: id,
    externalId: externalId === undefined || externalId === '' ? null : externalId,
    name: userName ?? displayName ?? '',
    active: active === undefined || active === null || String(active).toLowerCase() !== 'false',
    held: resource,
  };
}

/**
 * Looks for our id first and then for the name. Two hits are a conflict, and so is a namesake that carries
 * another id: it belongs to somebody else. A server that cannot filter by externalId is asked for the name alone.
 */
export async function resolve(client: ScimClient, object: TargetObject): Promise<Resolution> {
  const byId = await find(client, object, 'externalId', object.id);
  const filtersById = byId.kind === 'hits' || byId.outcome.kind !== 'rejected';
  if (byId.kind === 'failed' && filtersById) return byId;
  const ours = byId.kind === 'hits' ? byId.hits.filter((held) => held.externalId === object.id) : [];
  if (ours.length > 0) return judgeHits(object, ours, 'externalId');

  const named = await find(
    client,
    object,
    object.kind === 'user' ? 'userName' : 'displayName',
    nameOf(object),
  );
  if (named.kind === 'failed') return named;
  const namesakes = named.hits.filter((held) => isSameName(held.name, nameOf(object)));
  return judgeHits(object, namesakes, 'name');
}

async function find(
  client: ScimClient,
  object: TargetObject,
  attribute: string,
  value: string,
): Promise<{ readonly kind: 'hits'; readonly hits: readonly Held[] } | Failed> {
  const path = object.kind === 'user' ? '/Users' : '/Groups';
  const query = object.kind === 'group' ? { excludedAttributes: 'members' } : {};
  const reply = await client.list(path, { filter: `${attribute} eq ${quoted(value)}`, ...query });
  // Some servers answer 404 to a filter without hits.
  if (reply.kind === 'failed') return reply.outcome.kind === 'missing' ? { kind: 'hits', hits: [] } : reply;
  if (reply.kind === 'empty') return { kind: 'hits', hits: [] };
  return { kind: 'hits', hits: (reply.body.Resources ?? []).flatMap((found) => heldResource(found) ?? []) };
}

/** A server that ignores filters answers everybody; only true namesakes count. */
function isSameName(one: string, other: string): boolean {
  return foldTargetName(one, 'case') === foldTargetName(other, 'case');
}
