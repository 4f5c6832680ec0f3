import { explanationBody } from '../../api/explanations.ts';
import { explain, explainAt } from '../../effective/explain.ts';
import { exit } from '../exit.ts';
import { explanationText } from '../explanation-text.ts';
import { readMoment } from '../../core/moment.ts';
import { readKeptHistory } from '../../store/effective/as-of.ts';
import { pastGroup, pastUser, requireGroup, requireUser } from '../named.ts';
import { withCommonOptions, type Program } from '../command.ts';
import { writeJson } from '../terminal.ts';
import { visit, type CommonOptions } from '../visit.ts';

interface ExplainOptions extends CommonOptions {
  readonly at?: string;
}

/** `muster explain USER GROUP` */
export function addExplainCommand({ root, io, run }: Program): void {
  withCommonOptions(
    root
      .command('explain <user> <group>')
      .description('why a user is in a group, or why not, and what would end it'),
  )
    .option('--at <time>', 'as of a past moment, such as 2026-03-01T12:00:00Z')
    .action(
      run(async (userText: string, groupText: string, options: ExplainOptions) => {
        const { user, explanation } = await visit(
          io,
          { command: 'explain', options },
          ({ settings, directory: { database } }) =>
            database.transaction(
              async (tx) => {
                if (options.at !== undefined) {
                  const at = readMoment(options.at, await readKeptHistory(tx, settings.history));
                  const found = await pastUser(tx, userText);
                  const group = await pastGroup(tx, groupText);
                  return {
                    user: found.name,
                    explanation: await explainAt(tx, { user: found.id, group: group.id, at }),
                  };
                }
                const found = await requireUser(tx, userText);
                const group = await requireGroup(tx, groupText);
                return { user: found.name, explanation: await explain(tx, found.id, group.id) };
              },
              { isolation: 'repeatable read', readOnly: true },
            ),
        );
        if (options.json === true) writeJson(io.out, explanationBody(explanation));
        else io.out.write(explanationText(explanation, user));
        return exit.done;
      }),
    );
}
