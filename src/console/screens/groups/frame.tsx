/** What stands around every tab of a group. */
import type { ComponentChildren } from 'preact';
import { may } from '../../../core/policies.ts';
import { Badge } from '../../components/badge.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { type Tab, Tabs } from '../../components/tabs.tsx';
import { useTexts } from '../../frame/here.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { countAround } from '../../../store/screens/group-card.ts';
import type { OpenGroup } from './access.ts';
import { FlagBadges } from './flags.tsx';

export type GroupTab =
  'overview' | 'members' | 'roles' | 'nesting' | 'requests' | 'targets' | 'why' | 'history';

export interface GroupPage {
  readonly group: OpenGroup;
  readonly tab: GroupTab;
  readonly actions?: ComponentChildren;
  readonly body: ComponentChildren;
  readonly status?: number;
}

/** A tab of a group's page. */
export async function groupPage(
  visit: Visit,
  { group, tab, actions, body, status }: GroupPage,
): Promise<ScreenAnswer> {
  const { t, person, parts } = visit;
  const { pending } = await countAround(parts.directory.database, group.row.n);
  const hrefOf = (name: GroupTab): string => (name === 'overview' ? group.path : `${group.path}/${name}`);
  const readsAll = may('read-directory', person);
  const shown: readonly GroupTab[] = [
    'overview',
    'members',
    ...(readsAll ? (['roles', 'nesting'] as const) : []),
    ...(group.may('see-requests') && group.row.kind === 'regular' ? (['requests'] as const) : []),
    ...(readsAll ? (['targets'] as const) : []),
    'why',
    ...(group.may('see-log') ? (['history'] as const) : []),
  ];
  const tabs = shown.map((name): Tab => {
    const tabOf = { href: hrefOf(name), text: t.groups.tabs[name] };
    return name === 'requests' && pending > 0 ? { ...tabOf, count: pending } : tabOf;
  });
  return {
    kind: 'page',
    title: tab === 'overview' ? group.row.name : `${t.groups.tabs[tab]}: ${group.row.name}`,
    at: '/groups',
    crumb: tab === 'overview' ? group.row.name : t.groups.tabs[tab],
    crumbs: [
      { text: t.groups.title, href: '/groups' },
      ...(tab === 'overview' ? [] : [{ text: group.row.name, href: group.path }]),
    ],
    ...(status === undefined ? {} : { status }),
    body: (
      <>
        <PageHeader
          title={group.row.name}
          beside={<GroupBadges group={group} />}
          lead={group.row.description ?? undefined}
          actions={actions}
        />
        <Tabs label={t.groups.tabs.label} tabs={tabs} at={hrefOf(tab)} />
        {body}
      </>
    ),
  };
}

function GroupBadges({ group }: { readonly group: OpenGroup }) {
  const t = useTexts();
  return (
    <span class="badges">
      {group.row.kind === 'regular' ? null : <Badge tone="info">{t.groups.kinds[group.row.kind]}</Badge>}
      <FlagBadges group={group.row} />
      {group.policy.protected ? <Badge tone="warn">{t.groups.flag.protected}</Badge> : null}
    </span>
  );
}
