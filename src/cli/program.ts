import { Command, CommanderError } from 'commander';
import type { Program } from './command.ts';
import { exit, tellFailure, tellUsage } from './exit.ts';
import { ownVersion } from './own-version.ts';
import type { CommandIo } from './terminal.ts';

type Add = (program: Program) => void;

/**
 * Each command's module, by the command's first word. Only that of the command in hand is loaded: a question to
 * the directory should not wait for the parts of a daemon.
 */
const commands: Readonly<Record<string, () => Promise<Add>>> = {
  serve: async () => (await import('./commands/serve.ts')).addServeCommand,
  migrate: async () => (await import('./commands/migrate.ts')).addMigrateCommand,
  init: async () => (await import('./commands/admin.ts')).addInitCommand,
  admin: async () => (await import('./commands/admin.ts')).addAdminCommands,
  idp: async () => (await import('./commands/idp.ts')).addIdpCommands,
  login: async () => (await import('./commands/login.ts')).addLoginCommands,
  affiliations: async () => (await import('./commands/affiliations.ts')).addAffiliationsCommands,
  doctor: async () => (await import('./commands/doctor.ts')).addDoctorCommand,
  config: async () => (await import('./commands/config.ts')).addConfigCommands,
  import: async () => (await import('./commands/import.ts')).addImportCommand,
  export: async () => (await import('./commands/export.ts')).addExportCommands,
  feed: async () => (await import('./commands/feed.ts')).addFeedCommands,
  source: async () => (await import('./commands/source.ts')).addSourceCommands,
  explain: async () => (await import('./commands/explain.ts')).addExplainCommand,
  members: async () => (await import('./commands/membership.ts')).addMembersCommand,
  groups: async () => (await import('./commands/membership.ts')).addGroupsCommand,
  plan: async () => (await import('./commands/plan.ts')).addPlanCommands,
  group: async () => (await import('./commands/group.ts')).addGroupCommands,
  join: async () => (await import('./commands/request.ts')).addJoinCommand,
  leave: async () => (await import('./commands/request.ts')).addLeaveCommand,
  requests: async () => (await import('./commands/request.ts')).addRequestCommands,
  role: async () => (await import('./commands/governance.ts')).addRoleCommands,
  permission: async () => (await import('./commands/governance.ts')).addPermissionCommands,
  delegation: async () => (await import('./commands/delegation.ts')).addDelegationCommands,
  reserved: async () => (await import('./commands/governance.ts')).addReservedNameCommands,
  audit: async () => (await import('./commands/audit.ts')).addAuditCommands,
  backup: async () => (await import('./commands/backup.ts')).addBackupCommand,
  restore: async () => (await import('./commands/backup.ts')).addRestoreCommand,
  privacy: async () => (await import('./commands/privacy.ts')).addPrivacyCommands,
  client: async () => (await import('./commands/client.ts')).addClientCommands,
  token: async () => (await import('./commands/client.ts')).addTokenCommands,
  conflicts: async () => (await import('./commands/conflicts.ts')).addConflictCommands,
  target: async () => (await import('./commands/target.ts')).addTargetCommands,
  push: async () => (await import('./commands/push.ts')).addPushCommand,
  drift: async () => (await import('./commands/drift.ts')).addDriftCommand,
  conformance: async () => (await import('./commands/conformance.ts')).addConformanceCommand,
  demo: async () => (await import('./commands/demo.ts')).addDemoCommand,
};

/** Runs a command line, without the program's name; answers the exit code. */
export async function runCommandLine(words: readonly string[], io: CommandIo): Promise<number> {
  let code: number = exit.done;
  const form = words.includes('--json') ? 'json' : 'text';
  const root = new Command('muster')
    .description(
      'Directory sync and SCIM provisioning: one directory of people and groups, kept in step downstream.',
    )
    .version(ownVersion(), '-V, --version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.out.write(text),
      writeErr: (text) => (form === 'json' ? true : io.err.write(text)),
    })
    .showHelpAfterError('(add --help for what there is)')
    .addHelpText('after', exitCodesHelp);
  const program: Program = {
    root,
    io,
    run:
      (work) =>
      async (...given) => {
        try {
          code = await work(...given);
        } catch (error) {
          code = tellFailure(error, io, form);
        }
      },
  };
  for (const load of wanted(words[0])) (await load())(program);
  try {
    await root.parseAsync([...words], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return exit.done;
    if (form === 'json') tellUsage(error, io);
    return exit.usage;
  }
  return code;
}

/** The one that is named; all of them for help, and to say which one may have been meant. */
function wanted(word = ''): readonly (() => Promise<Add>)[] {
  const named = Object.entries(commands).find(([name]) => name === word)?.[1];
  return named === undefined ? Object.values(commands) : [named];
}

const exitCodesHelp = `
Exit codes: 0 done, 1 unexpected, 2 usage, 3 configuration, 4 some rows refused, 5 held by a guard,
6 something unreachable, 7 not allowed, 8 stale plan or conflict, 9 differences found (--exit-code).`;
