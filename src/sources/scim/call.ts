/** A request as the routes see it, whether it came by itself or inside a Bulk, and the answer they give. */
import type { Readable } from 'node:stream';
import type { Logger } from 'pino';
import type { Attribution } from '../../core/attribution.ts';
import type { Limits } from '../../core/scim/discovery.ts';
import type { Json, JsonObject } from '../../core/scim/json.ts';
import type { Profile } from '../../core/scim/profile.ts';
import type { Registry } from '../../core/scim/registry.ts';
import type { Reader } from '../../core/scim/value-read.ts';
import type { Directory } from '../../directory/work.ts';
import type { View } from '../../store/scim/view.ts';
import type { TraceNotes } from './trace-notes.ts';

/** What the door is built of. */
export interface ScimParts {
  readonly directory: Directory;
  readonly limits: Limits;
  /** Key that signs cursors. */
  readonly cursorKey: Buffer;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Logger;
}

/** Who asks, and through which eyes. */
export interface Caller {
  readonly name: string;
  readonly profile: Profile;
  readonly registry: Registry;
  readonly view: View;
}

/** What the URL, or the body of a `.search`, asks of the answer. */
export type Query = ReadonlyMap<string, string>;

export interface Call {
  readonly parts: ScimParts;
  readonly caller: Caller;
  readonly by: Attribution;
  /** The id in the path; empty where the route has none. */
  readonly id: string;
  /** Parameters by name in small letters. */
  readonly query: Query;
  /** null where the method has none. */
  readonly body: Json;
  readonly ifMatch: string | null;
  readonly ifNoneMatch: string | null;
  /** What is to be said of it in the trace. */
  readonly trace: TraceNotes;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonObject | Readable | null;
}

/** How values of this call are read. */
export function readerOf({ caller, trace }: Call): Reader {
  return { profile: caller.profile, note: (note) => void trace.notes.push(note) };
}

/** A resource in an answer, with its entity tag. */
export function resourceAnswer(status: 200 | 201, resource: JsonObject, version: string): Answer {
  return { status, headers: { ETag: version }, body: resource };
}

export function emptyAnswer(headers: Readonly<Record<string, string>> = {}): Answer {
  return { status: 204, headers, body: null };
}
