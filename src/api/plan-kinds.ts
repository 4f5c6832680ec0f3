/** How plans are carried out once they are approved: those of feeds, and those that are edits. */
import { z } from 'zod';
import type { Attribution } from '../core/attribution.ts';
import { type GroupId, parseGroupId, parseUserId } from '../core/ids.ts';
import { Refusal } from '../core/refusal.ts';
import { deleteGroup } from '../directory/groups.ts';
import { editMembers } from '../directory/memberships.ts';
import { undoMemberships } from '../directory/undo.ts';
import { perform, type Work } from '../directory/work.ts';
import { underGuards } from '../plans/guarded.ts';
import type { PlanKindHandler, PlanKindHandlers } from '../plans/kinds.ts';
import { feedPlans } from '../sources/feeds/held-plans.ts';
import type { ImportParts } from '../sources/feeds/import-file.ts';
import { lockPlan, type PlanRow } from '../store/plans/plans.ts';
import { planPushUndo } from '../targets/admin/undoing.ts';
import { groupPatch, type GroupPatching, writePatch } from './groups.ts';
import { draftOfEdit, type PlannedEdit, plannedWrite, type PlannedWriteParts } from './planned-write.ts';

const group = z.string().transform((text, context): GroupId => {
  const id = parseGroupId(text);
  if (id !== null) return id;
  context.addIssue({ code: 'custom', message: 'is no id' });
  return z.NEVER;
});

const requestSchema = z.discriminatedUnion('do', [
  z.object({ do: z.literal('nest'), group, member: group, expiresAt: z.iso.datetime().nullable() }),
  z.object({ do: z.literal('unnest'), group, member: group }),
  z.object({ do: z.literal('delete-group'), group }),
  z.object({ do: z.literal('edit-group'), group, patch: z.record(z.string(), z.unknown()) }),
  z.object({ do: z.literal('undo'), plan: z.string(), xid: z.string() }),
]);

export interface EditParts extends PlannedWriteParts, GroupPatching {}

export interface PlanKindParts extends EditParts {
  readonly imports: ImportParts;
}

/** Every kind that is carried out here; pushes are the targets' own. */
export function planKinds(parts: PlanKindParts): PlanKindHandlers {
  const edits = editPlans(parts);
  return {
    feed: feedPlans(parts.imports),
    nesting: edits,
    'group-deletion': edits,
    'group-edit': edits,
    rule: edits,
    permission: edits,
    undo: edits,
  };
}

/** The handler of the kinds that are edits. They are carried out by Muster itself, on behalf of who asked. */
function editPlans(parts: EditParts): PlanKindHandler {
  return {
    carryOut: async (plan) => {
      const edit = requestSchema.parse(plan.request);
      await perform(parts.directory, authorOf(plan), async (work) => {
        if ((await lockPlan(work.tx, plan.n)) !== 'approved') return;
        const { kind, title, undoes_n: undoesN } = plan;
        const mode = kind === 'undo' ? 'hold' : 'unless-guarded';
        const draft = draftOfEdit<unknown>(parts.guards, edit, {
          kind,
          title,
          mode,
          approved: plan,
          undoesN,
        });
        await underGuards(work, draft, () => writeEdit(parts, work, edit));
      });
    },
  };
}

/** Plans to undo an applied plan; it always waits for a person. Refuses `plan.not_undoable`. */
export async function planUndo(parts: PlannedWriteParts, plan: PlanRow, by: Attribution): Promise<PlanRow> {
  if (plan.kind === 'push' || plan.kind === 'push-undo') return planPushUndo(parts.directory, plan, by);
  const xid = plan.applied_xid;
  const refuse = (why: string): Refusal => new Refusal('plan.not_undoable', { plan: plan.id, why });
  if (plan.state !== 'applied' || xid === null) throw refuse(`it is ${plan.state} and has done nothing.`);
  if ((plan.counts.groupsDeleted ?? 0) + (plan.counts.usersDeleted ?? 0) > 0) {
    throw refuse('it deleted groups or users, and what is deleted does not come back.');
  }
  const { result } = await plannedWrite(parts, {
    kind: 'undo',
    title: `Undo of: ${plan.title}`,
    edit: { do: 'undo', plan: plan.id, xid },
    write: (work) => undoMemberships(work, xid),
    by: { ...by, source: plan.source },
    mode: 'hold',
    undoesN: plan.n,
  });
  if (result.plan === null) throw new Error('An undo came to no plan.');
  return result.plan;
}

async function writeEdit(parts: EditParts, work: Work, edit: PlannedEdit): Promise<void> {
  switch (edit.do) {
    case 'nest': {
      const expiresAt = edit.expiresAt === null ? null : new Date(edit.expiresAt);
      await editMembers(work, {
        group: edit.group,
        steps: [{ do: 'add', members: [edit.member] }],
        expiresAt,
      });
      return;
    }
    case 'unnest':
      await editMembers(work, { group: edit.group, steps: [{ do: 'remove', members: [edit.member] }] });
      return;
    case 'delete-group':
      await deleteGroup(work, { group: edit.group, ifMatch: null });
      return;
    case 'edit-group':
      await writePatch(parts, work, { group: edit.group, ifMatch: null, body: groupPatch.parse(edit.patch) });
      return;
    case 'undo':
      await undoMemberships(work, edit.xid);
      return;
  }
}

function authorOf({ id, source, actor_kind: kind, actor_id: actor }: PlanRow): Attribution {
  return {
    actor: { kind: 'system', id: 'plans' },
    onBehalfOf: kind === 'user' ? parseUserId(actor) : null,
    source,
    origin: { kind: 'command', command: `plan ${id}` },
    requestId: null,
  };
}
