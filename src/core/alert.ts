import type { GuardName } from './plans/guards.ts';

/**
 * An alert tells a person that something wants looking at, and stops nothing. It is about one subject (the id or
 * name of a group, feed, target, provider); while it is open, the same kind on the same subject is the same alert.
 */
export interface AlertDetails {
  /** D-03: a client replaced the members of an unreserved group, and others' went. Subject: the group's id. */
  readonly contested: {
    readonly group: string;
    readonly client: string;
    /** Members that were taken out though other sources asserted them. */
    readonly members: number;
    /** Those sources. */
    readonly sources: readonly string[];
  };
  /** D-33: what a client removed within an hour is over a limit that feeds are held at. Subject: `client/guard`, or `client/guard/group id`. */
  readonly 'client.guard': {
    readonly client: string;
    readonly guard: GuardName;
    readonly group: string | null;
    readonly count: number;
    readonly limit: number;
  };
  /** A feed has not delivered for longer than it should (spec: expectedEvery). Subject: the feed. */
  readonly 'feed.overdue': { readonly feed: string; readonly expected: string; readonly last: string | null };
  /** Deliveries to a target have stopped by themselves. Subject: the target's id. */
  readonly 'target.quarantined': { readonly target: string; readonly why: string };
  /** A-05: too many logins of a provider lost their affiliations at once. Subject: the provider. */
  readonly 'provider.breaker': { readonly provider: string; readonly logins: number; readonly lost: number };
  /** A program deactivated or deleted the account of an administrator. Subject: the user's id. */
  readonly 'administrator.ended': {
    readonly user: string;
    readonly source: string;
    readonly how: 'deactivated' | 'deleted';
  };
  /** A sweep of the change feed found joins or leaves that no change explains, and told them. Subject: `membership.effective`. */
  readonly 'changes.mended': { readonly entries: number };
}

export type AlertKind = keyof AlertDetails;

/** One alert, of any kind. */
export type Alert = {
  readonly [Kind in AlertKind]: {
    readonly kind: Kind;
    readonly subject: string;
    readonly details: AlertDetails[Kind];
  };
}[AlertKind];

/** What a client did where it trips a guard; those that only files and pushes can trip are left out. */
const did: Readonly<Partial<Record<GuardName, (count: number) => string>>> = {
  removals: (count) => `ended ${count} memberships`,
  'group-share': (count) => `ended ${count} memberships`,
  'group-emptied': (count) => `ended all ${count} memberships`,
  deactivations: (count) => `deactivated or deleted ${count} users`,
  nesting: (count) => `moved at least ${count} people by one nesting`,
};

const sentences: { readonly [Kind in AlertKind]: (details: AlertDetails[Kind]) => string } = {
  contested: ({ group, client, members, sources }) =>
    `${client} replaced the members of ${group} and so took out ${members} that ${sources.join(', ')} put there. Reserve the group to one of them.`,
  'client.guard': ({ client, guard, group, count, limit }) =>
    `Within an hour ${client} ${did[guard]?.(count) ?? `tripped the guard ${guard}`}${group === null ? '' : ` in ${group}`}; a feed is held over ${limit}.`,
  'feed.overdue': ({ feed, expected, last }) =>
    `The feed ${feed} should deliver every ${expected}; ${last === null ? 'it never did' : `it last did at ${last}`}.`,
  'target.quarantined': ({ target, why }) => `Nothing is sent to ${target} any more: ${why}`,
  'provider.breaker': ({ provider, logins, lost }) =>
    `Of ${logins} logins by ${provider} within an hour ${lost} lost all affiliations; none is taken away until a person has looked.`,
  'administrator.ended': ({ user, source, how }) =>
    `${source} ${how} the account ${user}, an administrator's. If nobody is left who may do everything, "muster admin link" on the host signs the administrator in.`,
  'changes.mended': ({ entries }) =>
    `The change feed lacked ${entries} entries of joins and leaves that no change explains; its readers have been told them. Should this come again, please report it.`,
};

/** What an alert says, in a sentence. */
export function alertSentence<Kind extends AlertKind>(kind: Kind, details: AlertDetails[Kind]): string {
  return sentences[kind](details);
}
