import { showSent, type SentView } from '../../targets/admin/sent.ts';
import { withCommonOptions, type Program } from '../command.ts';
import { exit } from '../exit.ts';
import { withTargets } from '../targets.ts';
import { writeJson, writeTable } from '../terminal.ts';
import type { CommonOptions } from '../visit.ts';
import { readSince } from './target-undo.ts';

interface LogOptions extends CommonOptions {
  readonly since: Date;
}

const PAGE = 1_000;
/** A person reads no more; `--json` and a nearer `--since` lead further. */
const MOST_SHOWN = 10_000;
const NAMES_SHOWN = 5;

/** `muster target log` */
export function addLogCommand({ io, run }: Program, parent: Program['root']): void {
  withCommonOptions(
    parent
      .command('log <target>')
      .description('what was sent to a target, newest first, and what came of it (kept for 30 days)'),
  )
    .option(
      '--since <time>',
      '30m, 2h, 3d, or a time such as 2027-06-30T08:00:00Z',
      readSince,
      readSince('1h'),
    )
    .action(
      run(async (name: string, options: LogOptions) => {
        const sent = await withTargets(io, { command: 'target log', options }, async (targets) => {
          const all: SentView[] = [];
          for (let after = 0; ;) {
            const page = await showSent(targets, name, { after, limit: PAGE, since: options.since });
            all.push(...page.items);
            if (page.next === null || all.length >= MOST_SHOWN) return all;
            after = page.next;
          }
        });
        if (options.json === true) writeJson(io.out, sent);
        else if (sent.length === 0) io.err.write(`Nothing was sent since ${options.since.toISOString()}.\n`);
        else {
          writeTable(
            io,
            ['AT', 'OPERATION', 'WHAT', 'MEMBERS', 'OUTCOME', 'WHY'],
            sent.map(({ at, operation, object, members, outcome, why }) => [
              ...[at, operation, object.name ?? object.id, membersOf(members), outcome ?? 'under way', why],
            ]),
          );
        }
        return exit.done;
      }),
    );
}

function membersOf(members: SentView['members']): string {
  if (members === null) return '';
  const shown = members.names.slice(0, NAMES_SHOWN);
  const more = members.total - shown.length;
  return `${members.total}: ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
