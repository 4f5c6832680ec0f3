/** What to do about a refusal; what happened, and to whom, the refusal says itself. */
export const refusals = {
  gone: 'It may have been deleted meanwhile. Find it anew from its list.',
  taken: 'Choose another name.',
  ask: 'An administrator can do this, or give you the permission.',
  askLeader: 'Ask a leader of the group.',
  input: 'Go back, mend what is named, and send it again.',
  automatic: 'Change the facts or the rule that the group follows.',
  source: 'Make the change in the source that owns it.',
  again: 'Load the page again: it shows how things stand now.',
  decided: 'Nothing is left to do; the page shows what was decided.',
  pending: 'Wait for the answer, or cancel the request under My groups.',
  indirect: 'Leave the group that it names.',
  cycle: 'Take one of the named nestings away first.',
  link: 'Ask for a new one: npx muster admin link prints it, on the machine that Muster runs on.',
  release: 'An administrator releases it under Conflicts, Held back sign-ins.',
  roleInUse: 'Take the role from those groups first.',
  history: 'Choose a moment within the time that is kept.',
  person: 'Sign in yourself; a token cannot do this.',
};

/** Refusals that are about whoever reads them. */
export const toYourself = {
  indirect: ({ group, through }: { readonly group: string; readonly through: readonly string[] }) =>
    through.length === 0
      ? `You are in ${group} only through groups that are not shown to you; ask who manages it.`
      : `You are in ${group} only through ${through.join(', ')}; leave there.`,
  notMember: (group: string) => `You are no member of ${group}.`,
  alreadyMember: (group: string) => `You are a member of ${group} already.`,
};
