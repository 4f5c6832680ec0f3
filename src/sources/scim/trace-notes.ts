/** What is gathered for the trace of a request while it is answered. */
import type { Json } from '../../core/scim/json.ts';
import type { ResourceType } from '../../core/scim/registry.ts';
import type { Note } from '../../core/scim/value-read.ts';
import type { Written } from '../../directory/work.ts';

/** What the routes leave for the trace of a call. */
export interface TraceNotes {
  readonly notes: Note[];
  readonly written: Written[];
  /** What was understood; made into JSON only when the trace is written. */
  readonly normalised: (() => Json)[];
  /** Filters as sent, each with the type that it is over. */
  readonly filters: { readonly type: ResourceType; readonly text: string }[];
}

/** Nothing yet. */
export function noTraceNotes(): TraceNotes {
  return { notes: [], written: [], normalised: [], filters: [] };
}
