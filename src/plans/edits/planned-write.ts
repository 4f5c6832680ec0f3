/**
 * Writes that may take very many people out of groups: nesting and un-nesting, deleting a group, editing its rule,
 * reservation or permissions, retiring a source. They run under the guards. Where none trips they are done at once; else they wait as a
 * held plan, whose request says what to do once a person has approved it.
 */
import type { Attribution } from '../../core/attribution.ts';
import type { GroupId } from '../../core/ids.ts';
import type { GuardLimits } from '../../core/plans/limits.ts';
import type { PlanKind } from '../../core/plans/plan.ts';
import { type Directory, perform, type Performed, type Work } from '../../directory/work.ts';
import { type PlanDraft, type Planned, underGuards } from '../guarded.ts';

/** What is to be done, in a form that a plan keeps. `patch` is the body of a PATCH as it was read. */
export type PlannedEdit =
  | {
      readonly do: 'nest';
      readonly group: GroupId;
      readonly member: GroupId;
      readonly expiresAt: string | null;
    }
  | { readonly do: 'unnest'; readonly group: GroupId; readonly member: GroupId }
  | { readonly do: 'delete-group'; readonly group: GroupId }
  | { readonly do: 'edit-group'; readonly group: GroupId; readonly patch: Readonly<Record<string, unknown>> }
  | { readonly do: 'undo'; readonly plan: string; readonly xid: string }
  /** `into` is the source that it is handed over to; null where what it asserts ends. */
  | { readonly do: 'retire'; readonly source: string; readonly into: string | null };

export interface PlannedWriteParts {
  readonly directory: Directory;
  /** Of people's and programs' own edits; a feed has its own (D-31). */
  readonly guards: GuardLimits;
}

export interface PlannedWrite<T> {
  readonly kind: PlanKind;
  readonly title: string;
  readonly edit: PlannedEdit;
  readonly by: Attribution;
  /** Does it. */
  readonly write: (work: Work) => Promise<T>;
  readonly mode?: 'unless-guarded' | 'hold' | 'dry-run';
  readonly undoesN?: number;
}

/** Does a write under the guards, or holds it. Refuses as the write itself. */
export async function plannedWrite<T>(
  { directory, guards }: PlannedWriteParts,
  { kind, title, edit, by, write, mode = 'unless-guarded', undoesN }: PlannedWrite<T>,
): Promise<Performed<Planned<T>>> {
  const drafted = { kind, title, mode, approved: null, undoesN: undoesN ?? null };
  return perform(directory, by, (work) =>
    underGuards(work, draftOfEdit<T>(guards, edit, drafted), () => write(work)),
  );
}

type Drafted = Pick<PlanDraft<unknown>, 'kind' | 'title' | 'mode' | 'approved'> & {
  readonly undoesN: number | null;
};

/** The plan of an edit. Of plans for the same edit that wait, there is one. */
export function draftOfEdit<T>(limits: GuardLimits, edit: PlannedEdit, drafted: Drafted): PlanDraft<T> {
  return { ...drafted, subject: subjectOf(drafted.kind, edit), request: edit, limits, replaces: 'waiting' };
}

function subjectOf(kind: PlanKind, edit: PlannedEdit): string {
  switch (edit.do) {
    case 'nest':
    case 'unnest':
      return `nesting:${edit.group}:${edit.member}`;
    case 'undo':
      return `undo:${edit.plan}`;
    case 'retire':
      return `retirement:${edit.source}`;
    case 'delete-group':
    case 'edit-group':
      return `${kind}:${edit.group}`;
  }
}
