import { explanationBody } from '../../api/explanations.ts';
import { explain } from '../../effective/explain.ts';
import { exit } from '../exit.ts';
import { explanationText } from '../explanation-text.ts';
import { requireGroup, requireUser } from '../named.ts';
import { withCommonOptions, type Program } from '../command.ts';
import { writeJson } from '../terminal.ts';
import { visit, type CommonOptions } from '../visit.ts';

/** `muster explain USER GROUP` */
export function addExplainCommand({ root, io, run }: Program): void {
  withCommonOptions(
    root
      .command('explain <user> <group>')
      .description('why a user is in a group, or why not, and what would end it'),
  ).action(
    run(async (userText: string, groupText: string, options: CommonOptions) => {
      const { user, explanation } = await visit(
        io,
        { command: 'explain', options },
        ({ directory: { database } }) =>
          database.transaction(
            async (tx) => {
              const found = await requireUser(tx, userText);
              const group = await requireGroup(tx, groupText);
              return { user: found, explanation: await explain(tx, found.id, group.id) };
            },
            { isolation: 'repeatable read', readOnly: true },
          ),
      );
      if (options.json === true) writeJson(io.out, explanationBody(explanation));
      else io.out.write(explanationText(explanation, user.name));
      return exit.done;
    }),
  );
}
