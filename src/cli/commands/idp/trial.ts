import { InvalidArgumentError } from 'commander';
import type { Claims } from '../../../core/saml/claims.ts';
import { SetupProblem } from '../../../core/setup-problem.ts';
import { tryAttributes } from '../../../sources/saml/admin.ts';
import type { TriedLogin } from '../../../sources/saml/trial.ts';
import { withCommonOptions, type Program } from '../../command.ts';
import { exit } from '../../exit.ts';
import { type CommandIo, writeJson, writeTable } from '../../terminal.ts';
import { visit, type CommonOptions } from '../../visit.ts';
import { providersIn, readText } from './providers.ts';

interface TestOptions extends CommonOptions {
  readonly attribute: readonly (readonly [string, string])[];
  readonly attributes?: string;
}

/** `muster idp test` */
export function addTest({ io, run }: Program, parent: Program['root']): void {
  withCommonOptions(
    parent
      .command('test <name>')
      .description('show what a login with these attributes would do; nothing is kept'),
  )
    .option('--attribute <name=value>', 'an attribute; may be given again', collectAttribute, [])
    .option('--attributes <file>', 'attributes as JSON: {"name": ["value"]}')
    .action(
      run(async (name: string, options: TestOptions) => {
        const tried = await visit(io, { command: 'idp test', options }, (open) =>
          tryAttributes(providersIn(open), open.by, { name, attributes: attributesIn(io, options) }),
        );
        if (options.json === true) writeJson(io.out, tried);
        else tellTrial(io, tried);
        return tried.refused === null ? exit.done : exit.notAllowed;
      }),
    );
}

function collectAttribute(text: string, before: TestOptions['attribute']): TestOptions['attribute'] {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('say NAME=VALUE');
  return [...before, [text.slice(0, at), text.slice(at + 1)]];
}

function attributesIn(
  io: CommandIo,
  { attribute, attributes }: TestOptions,
): { name: string; values: string[] }[] {
  const byName = new Map<string, string[]>();
  const add = (name: string, value: string): void =>
    void byName.set(name, [...(byName.get(name) ?? []), value]);
  for (const [name, value] of attribute) add(name, value);
  if (attributes !== undefined) {
    for (const [name, values] of Object.entries(readObject(io, attributes))) {
      for (const value of Array.isArray(values) ? (values as unknown[]) : [values]) add(name, String(value));
    }
  }
  return [...byName].map(([name, values]) => ({ name, values }));
}

function readObject(io: CommandIo, file: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(readText(io, file));
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return { ...parsed };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new SetupProblem(`${file} holds no JSON object of attributes.`);
}

function tellTrial(io: CommandIo, { refused, claims, outcome }: TriedLogin): void {
  const rows: [string, string][] = [
    ['login keys', claims.loginKeys.map(({ kind, value }) => `${kind} ${value}`).join(', ')],
    ['userName', claims.userName ?? ''],
    ['e-mail', claims.email ?? ''],
    ['affiliations', affiliationText(claims)],
    ['left out (scope)', claims.dropped.join(', ')],
    ['without meaning', claims.unused.join(', ')],
    ...(outcome === null
      ? []
      : ([
          ['account', `${outcome.user} (${outcome.account})`],
          ['gained', outcome.gained.join(', ')],
          ['lost', outcome.isHeld ? 'held by the breaker' : outcome.lost.join(', ')],
          ['groups', outcome.groups.join(', ')],
        ] satisfies [string, string][])),
  ];
  writeTable(
    io,
    ['WHAT', 'VALUE'],
    rows.map(([what, value]) => [what, value === '' ? null : value]),
  );
  io.err.write(
    refused === null ? 'Nothing of it was kept.\n' : `Refused: ${refused.why} (${refused.reason})\n`,
  );
}

function affiliationText({ affiliations }: Claims): string {
  if (affiliations === null) return 'not mentioned';
  return affiliations.map(({ value, scope }) => (scope === null ? value : `${value}@${scope}`)).join(', ');
}
