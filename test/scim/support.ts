import { readResource } from '../../src/core/scim/resource-read.ts';
import { applyMutations } from '../../src/core/scim/patch-apply.ts';
import { normalisePatch, PATCH_URN } from '../../src/core/scim/patch-normalise.ts';
import { resolveOperation } from '../../src/core/scim/patch-resolve.ts';
import { type Profile, profiles } from '../../src/core/scim/profile.ts';
import { buildRegistry } from '../../src/core/scim/registry.ts';
import type { Json, JsonObject } from '../../src/core/scim/json.ts';
import type { Note } from '../../src/core/scim/value-read.ts';
import { isRefusal, type RefusalCode } from '../../src/core/refusal.ts';

export const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
export const registry = buildRegistry([]);
export const { auto, strict } = profiles;

export function reader(profile: Profile = auto, notes: Note[] = []) {
  return { profile, note: (note: Note) => void notes.push(note) };
}

export function readUser(body: Json, profile: Profile = auto, notes: Note[] = []): JsonObject {
  return readResource(registry.user, body, reader(profile, notes));
}

/** A document after a PATCH of those operations. */
export function patchUser(document: JsonObject, operations: Json, profile: Profile = auto): JsonObject {
  const read = reader(profile);
  const patched = { type: registry.user, id: 'c0ffee00-0000-4000-8000-000000000001' };
  const plain = normalisePatch(registry.user, { schemas: [PATCH_URN], Operations: operations }, read);
  const mutations = plain.flatMap((operation) => resolveOperation(patched, operation, read));
  return applyMutations(document, mutations);
}

/** Code of the refusal that the work ends in; fails when it is not refused. */
export function refusalOf(work: () => unknown): RefusalCode {
  try {
    work();
  } catch (error) {
    if (isRefusal(error)) return error.code;
    throw error;
  }
  throw new Error('It was not refused.');
}
