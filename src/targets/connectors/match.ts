/** Judging what a search for an object of ours found (O-03), the same for every connector. */
import type { Held, Resolution, TargetObject } from '../connector.ts';

/** The name that an object bears at the target. */
export function nameOf(object: TargetObject): string {
  return object.kind === 'user' ? object.userName : object.name;
}

/** Two hits are a conflict, and so is one that carries another id: it belongs to somebody else. */
export function judgeHits(
  object: TargetObject,
  hits: readonly Held[],
  by: 'externalId' | 'name',
): Resolution {
  const [first] = hits;
  if (first === undefined) return { kind: 'none' };
  const ids = hits.map(({ remoteId }) => remoteId);
  if (hits.length > 1) {
    return { kind: 'conflict', hits: ids, why: `${hits.length} objects at the target fit ${nameOf(object)}` };
  }
  if (first.externalId !== null && first.externalId !== object.id) {
    const why = `${nameOf(object)} exists at the target with the externalId ${first.externalId}, which is not ours`;
    return { kind: 'conflict', hits: ids, why };
  }
  return { kind: 'found', object: first, by };
}
