/** Options that change what is set for a provider. */
import { InvalidArgumentError } from 'commander';
import {
  absentPolicies,
  type AbsentPolicy,
  type LogoutPlace,
  logoutPlaces,
  type ProviderSettings,
  trustedKeys,
  type TrustedKey,
  userNameSources,
  type UserNameSource,
} from '../../../core/saml/provider.ts';
import type { Program } from '../../command.ts';

type Command = Program['root'];

export interface SettingOptions {
  readonly title?: string;
  readonly provision?: 'create' | 'refuse';
  readonly trust?: readonly TrustedKey[];
  readonly username?: UserNameSource;
  readonly scopes?: readonly string[];
  readonly absent?: AbsentPolicy;
  readonly graceHours?: number;
  readonly ttlDays?: number;
  readonly signedResponse?: boolean;
  readonly logout?: LogoutPlace;
}

/** Adds them to a command. */
export function withSettings(command: Command): Command {
  return command
    .option('--title <text>', 'what the button on the first page says')
    .option('--provision <create|refuse>', 'whether somebody new gets an account', oneOf('create', 'refuse'))
    .option(
      '--trust <list>',
      `of ${trustedKeys.join(', ')}, or none (default): keys it may find accounts of others by`,
      readTrust,
    )
    .option('--username <attribute>', `of ${userNameSources.join(', ')}`, oneOf(...userNameSources))
    .option('--scopes <list>', 'scopes it may speak for besides those of its metadata', (text: string) =>
      text.split(',').map((scope) => scope.trim()),
    )
    .option(
      '--absent <policy>',
      `when a login says nothing of affiliations: ${absentPolicies.join(', ')}`,
      oneOf(...absentPolicies),
    )
    .option('--grace-hours <number>', 'with --absent grace, how long they stay', readCount)
    .option(
      '--ttl-days <number>',
      'how long an affiliation stays true of somebody who does not return',
      readCount,
    )
    .option('--signed-response', 'the response has to be signed besides the assertion')
    .option('--no-signed-response', 'a signed assertion is enough')
    .option(
      '--logout <provider|here>',
      'whether signing out here ends the session at the provider too',
      oneOf(...logoutPlaces),
    );
}

/** What was given of them. */
export function settingsIn(options: SettingOptions): Partial<ProviderSettings> {
  const given = {
    title: options.title,
    provision: options.provision,
    trustedFor: options.trust,
    userName: options.username,
    scopes: options.scopes,
    absent: options.absent,
    graceHours: options.graceHours,
    ttlDays: options.ttlDays,
    wantResponseSigned: options.signedResponse,
    logout: options.logout,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function oneOf<Word extends string>(...words: readonly Word[]): (text: string) => Word {
  return (text) => {
    const word = words.find((one) => one === text);
    if (word === undefined) throw new InvalidArgumentError(`say ${words.join(', ')}`);
    return word;
  };
}

function readTrust(text: string): readonly TrustedKey[] {
  return text === 'none' ? [] : text.split(',').map((word) => oneOf(...trustedKeys)(word.trim()));
}

function readCount(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('say a whole number from 1 to 99999');
}
