import { InvalidArgumentError } from 'commander';
import { listExpiringFacts } from '../../store/saml/expiring.ts';
import { withCommonOptions, type Program } from '../command.ts';
import { exit } from '../exit.ts';
import { writeJson, writeTable } from '../terminal.ts';
import { visit, type CommonOptions } from '../visit.ts';

interface ExpiringOptions extends CommonOptions {
  readonly within: number;
}

/** `muster affiliations expiring` */
export function addAffiliationsCommands({ root, io, run }: Program): void {
  const affiliations = root.command('affiliations').description('what identity providers say people are');
  withCommonOptions(
    affiliations.command('expiring').description('who would lose which affiliation by not signing in again'),
  )
    .option('--within <days>', 'how far to look ahead', readDays, 30)
    .action(
      run(async (options: ExpiringOptions) => {
        const rows = await visit(io, { command: 'affiliations expiring', options }, ({ directory }) =>
          listExpiringFacts(directory.database, options.within),
        );
        if (options.json === true) {
          writeJson(
            io.out,
            rows.map(({ user_id, user_name, provider, affiliation, expires_at, groups }) => ({
              ...{ user: user_id, userName: user_name, provider, affiliation, expiresAt: expires_at, groups },
            })),
          );
        } else {
          writeTable(
            io,
            ['USER', 'PROVIDER', 'AFFILIATION', 'EXPIRES', 'GROUPS'],
            rows.map((row) => [
              ...[row.user_name ?? row.user_id, row.provider, row.affiliation, row.expires_at],
              row.groups.join(', '),
            ]),
          );
        }
        return exit.done;
      }),
    );
}

function readDays(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('say a number of days');
}
