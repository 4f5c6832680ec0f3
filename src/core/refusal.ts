/**
 * A refusal is the directory's "no": expected, explained, and the same whichever door it leaves by. It never
 * carries HTTP. Each door owns one exhaustive table from code to its own answer, so that a new code does not
 * compile until every door answers it.
 */
export interface RefusalDetails {
  'user.not_found': { readonly user: string };
  'user.name_taken': { readonly userName: string };
  'user.invalid': { readonly why: string };
  'user.quarantined': { readonly userName: string };
  'user.protected': {
    readonly user: string;
    readonly permission: string;
    readonly change: 'rename' | 'end' | 'return';
  };
  'group.not_found': { readonly group: string };
  'group.name_taken': { readonly name: string };
  'group.name_reserved': { readonly name: string; readonly why: string };
  'group.invalid': { readonly why: string };
  'group.automatic': { readonly group: string; readonly kind: string };
  'group.reserved': { readonly group: string; readonly source: string };
  'actor.not_allowed': { readonly act: string; readonly group: string | null };
  'group.protected': { readonly group: string };
  'group.protected_open': { readonly group: string };
  'group.restricted': { readonly group: string };
  'group.internal': Record<string, never>;
  'join.not_permitted': Record<string, never>;
  'join.already_member': { readonly group: string };
  'leave.not_member': { readonly group: string };
  'leave.indirect': { readonly group: string; readonly through: readonly string[] };
  'request.not_found': { readonly request: string };
  'request.pending': { readonly group: string; readonly kind: string; readonly request: string | null };
  'request.decided': { readonly request: string; readonly state: string };
  'request.other_kind': { readonly request: string; readonly kind: string };
  'permission.invalid': { readonly permission: string };
  'permission.not_held': { readonly permission: string };
  'role.not_held': { readonly role: string };
  'role.not_found': { readonly role: string };
  'role.in_use': { readonly role: string; readonly groups: number };
  'delegation.invalid': { readonly why: string };
  'membership.over': { readonly expiresAt: string };
  'user.inactive': { readonly user: string };
  'role.name_taken': { readonly role: string };
  'inbox.not_found': { readonly item: string };
  'entry.not_found': { readonly entry: string };
  'member.not_found': { readonly members: readonly string[] };
  'nesting.cycle': { readonly path: readonly string[] };
  'version.mismatch': { readonly expected: string; readonly actual: number };
  'identity.invalid': { readonly cell: string; readonly why: string };
  'identity.conflict': { readonly cell: string; readonly why: string };
  'identity.ambiguous': { readonly cell: string; readonly matches: number };
  'role.invalid': { readonly role: string; readonly why: string };
  'role.protected': { readonly role: string };
  'source.not_found': { readonly source: string };
  'source.name_taken': { readonly name: string };
  'source.invalid': { readonly why: string };
  'client.not_found': { readonly client: string };
  'client.invalid': { readonly why: string };
  'conflict.not_found': { readonly conflict: string };
  'conflict.decided': { readonly conflict: string; readonly decision: string };
  'target.not_found': { readonly target: string };
  'target.name_taken': { readonly name: string };
  'target.invalid': { readonly why: string };
  'plan.not_found': { readonly plan: string };
  'plan.stale': { readonly plan: string; readonly why: string; readonly newPlan: string | null };
  'plan.decided': { readonly plan: string; readonly state: string };
  'plan.people_only': { readonly plan: string };
  'plan.not_undoable': { readonly plan: string; readonly why: string };
  'sign_in.link_invalid': Record<string, never>;
  'idp.metadata': { readonly why: string };
  'import.not_found': { readonly import: string };
  'import.unreadable': { readonly file: string; readonly why: string };
  'import.no_file': { readonly file: string };
  'history.unknown': { readonly at: string; readonly why: string };
  'cursor.unreadable': { readonly why: string };
  'cursor.expired': { readonly why: string };
  'schema.invalid': { readonly schema: string; readonly why: string };
  'filter.invalid': { readonly why: string };
  'body.invalid': { readonly why: string };
  'path.invalid': { readonly path: string; readonly why: string };
  'value.invalid': { readonly attribute: string; readonly why: string };
  'attribute.immutable': { readonly attribute: string; readonly why: string };
  'patch.no_target': { readonly path: string; readonly why: string };
}

export type RefusalCode = keyof RefusalDetails;

const protectedActs = {
  rename: 'gives the account another userName or e-mail',
  end: 'or whoever provisions the account deactivates or deletes it',
  return: 'or whoever deactivated the account activates it',
} as const;

/** The words with the full stop that they may lack. */
function asSentence(words: string): string {
  return /[.!?]$/.test(words) ? words : `${words}.`;
}

const sentences: { readonly [Code in RefusalCode]: (details: RefusalDetails[Code]) => string } = {
  'user.not_found': ({ user }) => `There is no user ${user}.`,
  'user.name_taken': ({ userName }) => `Another user has the userName ${userName} already.`,
  'user.invalid': ({ why }) => why,
  'user.quarantined': ({ userName }) =>
    `${userName} belonged to another user until recently; an administrator has to release it.`,
  'user.protected': ({ user, permission, change }) =>
    `${user} holds the permission ${permission}, so only an administrator ${protectedActs[change]}.`,
  'group.not_found': ({ group }) => `There is no group ${group}.`,
  'group.name_taken': ({ name }) => `Another group has the name ${name} already.`,
  'group.name_reserved': ({ name, why }) =>
    `The name ${name} is reserved: ${asSentence(why)} Choose another name.`,
  'group.invalid': ({ why }) => why,
  'group.automatic': ({ group, kind }) =>
    kind === 'everyone'
      ? `${group} holds for everybody, signed in or not: it lists nobody, and no group can contain it. Name another group.`
      : `${group} is an automatic group (${kind}); its members follow from facts and cannot be listed by hand. Change those facts, or name another group.`,
  'group.reserved': ({ group, source }) =>
    `The members of ${group} belong to the source ${source}; make the change there.`,
  'actor.not_allowed': ({ act, group }) =>
    group === null
      ? `You may not ${act.replaceAll('-', ' ')}.`
      : `You may not ${act.replaceAll('-', ' ')} in ${group}.`,
  'group.protected': ({ group }) =>
    `${group} gives permissions in Muster; only an administrator, or a source that it trusts, may change it. Ask an administrator.`,
  'group.protected_open': ({ group }) =>
    `${group} gives permissions in Muster, so it can be neither open nor public. Close it, or take the permission away first.`,
  'group.restricted': ({ group }) =>
    `${group} is restricted: only administrators change its members. Ask one of them.`,
  // Neither names the group: it is not shown to whoever is told this (J-01, J-09).
  'group.internal': () => 'The group is internal: nobody joins or leaves it by themselves.',
  'join.not_permitted': () => 'The group is not public, and joining it needs the permission groups.request.',
  'join.already_member': ({ group }) => `The user is a member of ${group} already.`,
  'leave.not_member': ({ group }) => `The user is no member of ${group}.`,
  'leave.indirect': ({ group, through }) =>
    through.length === 0
      ? `The user is in ${group} only through groups that are not shown; ask who manages it.`
      : `The user is in ${group} only through ${through.join(', ')}; leave there.`,
  'request.not_found': ({ request }) => `There is no request ${request}.`,
  'request.pending': ({ group, kind }) => `A request to ${kind} ${group} is waiting already.`,
  'request.decided': ({ state }) => `The request was decided already: it is ${state}.`,
  'request.other_kind': ({ kind }) => `This is a request to ${kind}.`,
  'permission.invalid': ({ permission }) => `There is no permission ${permission}.`,
  'permission.not_held': ({ permission }) => `Nobody grants what they do not hold: ${permission}.`,
  'role.not_held': ({ role }) => `Nobody gives a role that they do not hold: ${role}.`,
  'role.not_found': ({ role }) => `There is no role ${role}.`,
  'role.in_use': ({ role, groups }) => `${groups} groups give the role ${role}; take it from them first.`,
  'delegation.invalid': ({ why }) => why,
  'membership.over': ({ expiresAt }) =>
    `The membership would be over already: expiresAt (${expiresAt}) is not ahead.`,
  'user.inactive': ({ user }) => `The user ${user} is not active, or has not arrived yet.`,
  'role.name_taken': ({ role }) => `There is a role ${role} already.`,
  'entry.not_found': ({ entry }) => `The log has no such entry here: ${entry}.`,
  'inbox.not_found': ({ item }) => `There is nothing of that id in the inbox: ${item}.`,
  'member.not_found': ({ members }) => `No such member: ${members.join(', ')}.`,
  'nesting.cycle': ({ path }) =>
    `This would make a group contain itself: ${path.join(' > ')}. Take one of these nestings out first.`,
  'version.mismatch': ({ expected, actual }) =>
    `It changed in the meantime: it is at version ${actual}, the request was made for ${expected}.`,
  'identity.invalid': ({ cell, why }) => `The identity "${cell}" cannot be read: ${why}`,
  'identity.conflict': ({ cell, why }) =>
    `The identity "${cell}" names two different users: ${asSentence(why)} Correct it, or decide whether they are one person (muster conflicts list).`,
  'identity.ambiguous': ({ cell, matches }) =>
    `The identity "${cell}" fits ${matches} users. Name the one that is meant by its userName or id.`,
  'role.invalid': ({ role, why }) => `The role ${role} cannot be given: ${why}`,
  'role.protected': ({ role }) =>
    `The role ${role} is protected; only an administrator gives it. Leave it out, or ask one.`,
  'source.not_found': ({ source }) =>
    `There is no source ${source}. Look whether its name is right; a feed has to stand in the settings.`,
  'source.name_taken': ({ name }) => `Another source has the name ${name} already.`,
  'source.invalid': ({ why }) => why,
  'client.not_found': ({ client }) => `There is no client ${client}.`,
  'client.invalid': ({ why }) => why,
  'conflict.not_found': ({ conflict }) =>
    `There is no conflict ${conflict}. Look for it in the list (muster conflicts list).`,
  'conflict.decided': ({ conflict, decision }) => `The conflict ${conflict} was ${decision} already.`,
  'target.not_found': ({ target }) => `There is no target ${target}.`,
  'target.name_taken': ({ name }) => `Another target has the name ${name} already.`,
  'target.invalid': ({ why }) => why,
  'plan.not_found': ({ plan }) =>
    `There is no plan ${plan}. Look for it in the list of plans (muster plan list).`,
  'plan.stale': ({ why, newPlan }) =>
    `The plan is stale and nothing of it was done: ${why}${newPlan === null ? '' : ` Look at plan ${newPlan}, which takes its place.`}`,
  'plan.decided': ({ plan, state }) =>
    `Plan ${plan} does not wait for a decision: it is ${state}. Look for those that wait in the list of plans (muster plan list --state held).`,
  'plan.people_only': () =>
    'Plans are approved and rejected by people: in the console, or with "muster plan" on the server. A token may only read them.',
  'plan.not_undoable': ({ why }) => `The plan cannot be undone: ${why}`,
  'idp.metadata': ({ why }) => why,
  'sign_in.link_invalid': () => 'This sign-in link is used up, too old, or none of ours.',
  'import.not_found': ({ import: id }) => `There is no import ${id}. Look for it in the list of imports.`,
  'import.no_file': ({ file }) => `There is no file ${file}. Look whether its path is right.`,
  'import.unreadable': ({ file, why }) => `${file} cannot be read: ${why}`,
  'history.unknown': ({ at, why }) => `Nothing is known of ${at}: ${why}`,
  'cursor.unreadable': ({ why }) => `The cursor cannot be read: ${why}`,
  'cursor.expired': ({ why }) => `The cursor is no longer good: ${why}`,
  'schema.invalid': ({ schema, why }) => `The schema ${schema} cannot be used: ${why}`,
  'filter.invalid': ({ why }) => `The filter cannot be read: ${why}`,
  'body.invalid': ({ why }) => why,
  'path.invalid': ({ path, why }) => `The path "${path}" cannot be read: ${why}`,
  'value.invalid': ({ attribute, why }) => `${attribute} ${why}`,
  'attribute.immutable': ({ attribute, why }) => `${attribute} ${why}`,
  'patch.no_target': ({ path, why }) => `There is nothing to change at "${path}": ${why}`,
};

/** Thrown by core, directory, plans and effective when what was asked may not or cannot be done. */
export class Refusal<Code extends RefusalCode = RefusalCode> extends Error {
  readonly code: Code;
  readonly details: RefusalDetails[Code];

  constructor(code: Code, details: RefusalDetails[Code]) {
    super(sentences[code](details));
    this.name = 'Refusal';
    this.code = code;
    this.details = details;
  }
}

/** True for a refusal, whatever its code. */
export function isRefusal(error: unknown): error is Refusal {
  return error instanceof Refusal;
}

/** True for a refusal of that code. */
export function isRefused<Code extends RefusalCode>(error: unknown, code: Code): error is Refusal<Code> {
  return error instanceof Refusal && error.code === code;
}
