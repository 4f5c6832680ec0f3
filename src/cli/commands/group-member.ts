import type { Command } from 'commander';
import { editMembership } from '../../plans/edits/group-edits.ts';
import { withCommonOptions, type Program } from '../command.ts';
import { exit } from '../exit.ts';
import { editPartsOf } from '../edit-parts.ts';
import { type End, readEnd } from '../expiry.ts';
import { tellIfHeld } from '../held.ts';
import { memberCalled, requireGroup } from '../named.ts';
import { writeJson } from '../terminal.ts';
import { visit, type CommonOptions } from '../visit.ts';

interface AddOptions extends CommonOptions {
  readonly expires?: End;
}

/** `muster group add|remove` */
export function addGroupMemberCommands(program: Program, group: Command): void {
  addVerb(program, group, 'add').option(
    '--expires <when>',
    'when it ends by itself: 90d, a date to come, or never',
    (text) => readEnd(text, new Date()),
  );
  addVerb(program, group, 'remove');
}

function addVerb({ io, run }: Program, parent: Command, verb: 'add' | 'remove'): Command {
  return withCommonOptions(
    parent.command(`${verb} <group> <member>`).description(`${verb} a user or a group as a direct member`),
  ).action(
    run((groupText: string, memberText: string, options: AddOptions) =>
      visit(io, { command: `group ${verb}`, options }, async (open) => {
        const { database } = open.directory;
        const group = await requireGroup(database, groupText);
        const member = await memberCalled(database, memberText);
        const edit = { do: verb, group: group.id, member, expiresAt: options.expires?.at };
        const { result: planned, place } = await editMembership(editPartsOf(open), open.by, edit);
        const held = await tellIfHeld(io, { open, options, planned });
        if (held !== null) return held;
        // Who comes, who goes, and when somebody goes, stands in the log.
        const isChanged = place !== null;
        if (options.json === true)
          writeJson(io.out, { group: group.id, member: member.id, changed: isChanged });
        else io.err.write(isChanged ? 'Done.\n' : 'It was so already.\n');
        return exit.done;
      }),
    ),
  );
}
