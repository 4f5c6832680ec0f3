/** An explanation as people read it: the tree from the group down to what somebody asserted, and by whom. */
import type { ExplainedWay, Explanation, Removal } from '../effective/explain.ts';
import type { Assertion } from '../effective/explanation/sub-graph.ts';

/** Lines of text, each with its end. */
export function explanationText(explanation: Explanation, userName: string): string {
  const lines = explanation.isMember
    ? membershipLines(explanation, userName)
    : absenceLines(explanation, userName);
  return lines.map((line) => `${line}\n`).join('');
}

function membershipLines({ group, at, via, paths, endedBy }: Explanation, userName: string): string[] {
  const more = paths.total > paths.shown ? [`(${paths.shown} of ${paths.total} ways shown)`] : [];
  return [
    `${userName} ${at === null ? 'is' : 'was'} in ${group.name}${when(at)}:`,
    '',
    group.name,
    ...wayLines(via, userName, ''),
    ...more,
    '',
    `It would ${at === null ? 'end' : 'have ended'} by: ${endedBy.map((removal) => removalText(removal, userName)).join(' and ')}.`,
  ];
}

function when(at: string | null): string {
  return at === null ? '' : ` at ${at}`;
}

function wayLines(ways: readonly ExplainedWay[], userName: string, indent: string): string[] {
  return ways.flatMap((way, at) => {
    const isLast = at === ways.length - 1;
    const [branch, below] = isLast ? ['└─ ', '   '] : ['├─ ', '│  '];
    const label = way.kind === 'direct' ? userName : way.group.name;
    const rule = way.kind === 'direct' && way.rule !== null ? `rule ${way.rule}; ` : '';
    const line = `${indent}${branch}${label}  ${rule}${way.sources.map(sourceText).join('; ')}`;
    return way.kind === 'direct' ? [line] : [line, ...wayLines(way.via, userName, indent + below)];
  });
}

function sourceText({ source, since, actor, origin }: Assertion): string {
  const by = actor === null || actor.id === source ? '' : ` (${actor.id})`;
  return `by ${source}${by}${origin === null ? '' : `, ${originText(origin)}`}, since ${since.toISOString().slice(0, 19)}Z`;
}

function originText({ kind, name, line }: NonNullable<Assertion['origin']>): string {
  switch (kind) {
    case 'file':
      return line === null ? `file ${name}` : `file ${name} line ${line}`;
    case 'command':
      return name;
    default:
      return `${kind} ${name}`;
  }
}

function removalText({ group, member, isAutomatic }: Removal, userName: string): string {
  const name = member.type === 'user' ? userName : member.name;
  return isAutomatic
    ? `changing what puts ${name} into ${group.name}`
    : `removing ${name} from ${group.name}`;
}

const reasons = {
  no_path: 'no group that lists the user leads there',
  inactive: 'the user is not active',
  stub: 'the user is only known by name so far, and has not arrived',
  rule_term: 'the rule of the group does not fit the user',
  held: 'a plan that would do it is held',
  request_pending: 'a request waits for an answer',
} as const;

function absenceLines({ group, at, whyNot }: Explanation, userName: string): string[] {
  return [
    `${userName} ${at === null ? 'is' : 'was'} not in ${group.name}${when(at)}:`,
    ...whyNot.flatMap(({ reason, nearest, terms = [] }) => [
      `  ${reasons[reason]}`,
      ...terms.map((term) => `    it fails: ${term}`),
      ...(nearest.length === 0
        ? []
        : [`    being in one of these would: ${nearest.map(({ name }) => name).join(', ')}`]),
    ]),
  ];
}
