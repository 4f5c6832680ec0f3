/** How plans that are edits are carried out once they are approved. */
import { z } from 'zod';
import { type GroupId, parseGroupId } from '../../core/ids.ts';
import { deleteGroup } from '../../directory/groups.ts';
import { editMembers } from '../../directory/memberships.ts';
import { retireSource } from '../../directory/retiring.ts';
import { undoMemberships } from '../../directory/undo.ts';
import { perform, type Work } from '../../directory/work.ts';
import { lockPlan } from '../../store/plans/plans.ts';
import { underGuards } from '../guarded.ts';
import type { PlanKindHandler, PlanKindHandlers } from '../kinds.ts';
import { authorOfPlan } from './authority.ts';
import type { GroupEditParts } from './group-edits.ts';
import { groupPatch, writePatch } from './group-patch.ts';
import { draftOfEdit, type PlannedEdit } from './planned-write.ts';

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
  z.object({ do: z.literal('retire'), source: z.string(), into: z.string().nullable() }),
]);

/** The kinds of plans that are edits. */
export function editPlans(parts: GroupEditParts): PlanKindHandlers {
  const edits = handlerOf(parts);
  return {
    nesting: edits,
    'group-deletion': edits,
    'group-edit': edits,
    rule: edits,
    permission: edits,
    'source-retirement': edits,
    undo: edits,
  };
}

function handlerOf(parts: GroupEditParts): PlanKindHandler {
  return {
    carryOut: async (plan) => {
      const edit = requestSchema.parse(plan.request);
      const by = await authorOfPlan(parts.directory.database, plan);
      await perform(parts.directory, by, async (work) => {
        if ((await lockPlan(work.tx, plan.n)) !== 'approved') return;
        const { kind, title, undoes_n: undoesN } = plan;
        const mode = kind === 'undo' ? 'hold' : 'unless-guarded';
        const drafted = { kind, title, mode, approved: plan, undoesN } as const;
        const draft = draftOfEdit<unknown>(parts.guards, edit, drafted);
        await underGuards(work, draft, () => writeEdit(parts, work, edit));
      });
    },
  };
}

async function writeEdit(parts: GroupEditParts, work: Work, edit: PlannedEdit): Promise<void> {
  switch (edit.do) {
    case 'nest': {
      const expiresAt = edit.expiresAt === null ? null : new Date(edit.expiresAt);
      const steps = [{ do: 'add', members: [edit.member] }] as const;
      await editMembers(work, { group: edit.group, steps, expiresAt });
      return;
    }
    case 'unnest':
      await editMembers(work, { group: edit.group, steps: [{ do: 'remove', members: [edit.member] }] });
      return;
    case 'delete-group':
      await deleteGroup(work, { group: edit.group, ifMatch: null });
      return;
    case 'edit-group': {
      const patch = groupPatch.parse(edit.patch);
      await writePatch(parts, work, { group: edit.group, ifMatch: null, patch });
      return;
    }
    case 'retire':
      await retireSource(work, { into: edit.into });
      return;
    case 'undo':
      await undoMemberships(work, edit.xid);
      return;
  }
}
