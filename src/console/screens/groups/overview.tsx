/** A group: what it is, who leads it, what it gives. */
import { may } from '../../../core/policies.ts';
import type { Position } from '../../../core/position.ts';
import type { GroupN } from '../../../core/ids.ts';
import { countMembers } from '../../../store/effective/membership.ts';
import { findGroupRef } from '../../../store/effective/refs.ts';
import { countAround, type LeaderName, namedLeaders } from '../../../store/screens/group-card.ts';
import { LinkButton } from '../../components/button.tsx';
import { Card, type Detail, Details } from '../../components/details.tsx';
import { Empty } from '../../components/empty.tsx';
import { Moment } from '../../components/moment.tsx';
import { Name } from '../../components/name.tsx';
import { WayTo } from '../../components/way-to.tsx';
import { useTexts } from '../../frame/here.ts';
import type { ConsoleParts } from '../../parts.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { type OpenGroup, openGroup } from './access.ts';
import { FlagBadges, flagNames } from './flags.tsx';
import { groupPage } from './frame.tsx';

/** GET /groups/:id */
export async function showGroup(visit: Visit): Promise<ScreenAnswer> {
  const { parts, t, person } = visit;
  const group = await openGroup(visit);
  const { database } = parts.directory;
  const [leaders, around, effective, direct] = await Promise.all([
    namedLeaders(database, group.row.n),
    countAround(database, group.row.n),
    countOf(parts, group, 'effective'),
    countOf(parts, group, 'direct'),
  ]);
  const mayEdit = group.may('edit-group') && group.row.kind !== 'everyone';
  const o = t.groups.overview;
  return groupPage(visit, {
    group,
    tab: 'overview',
    actions: mayEdit ? (
      <>
        <LinkButton href={`${group.path}/edit`} tone="plain">
          {o.edit}
        </LinkButton>
        {group.row.kind === 'everyone-signed-in' ? null : (
          <LinkButton href={`${group.path}/delete`} tone="danger">
            {o.delete}
          </LinkButton>
        )}
      </>
    ) : undefined,
    body: (
      <div class="columns">
        <Card title={o.about}>
          <About group={group} baseUrl={parts.baseUrl} />
        </Card>
        <div class="stack">
          <Card title={o.members}>
            <Details
              items={[
                {
                  name: o.effective,
                  value: <a href={`${group.path}/members?list=effective`}>{effective}</a>,
                },
                { name: o.direct, value: <a href={`${group.path}/members`}>{direct}</a> },
                {
                  name: o.containsGroups,
                  value: may('read-directory', person) ? (
                    <a href={`${group.path}/nesting`}>{around.contains}</a>
                  ) : (
                    around.contains
                  ),
                },
                { name: o.containedIn, value: around.contained },
              ]}
            />
          </Card>
          {group.row.kind === 'regular' ? (
            <Card
              title={o.leaders}
              actions={
                mayEdit ? (
                  <LinkButton href={`${group.path}/leaders`} tone="plain" size="small">
                    {o.changeLeaders}
                  </LinkButton>
                ) : undefined
              }
            >
              <Leaders leaders={leaders} />
            </Card>
          ) : null}
        </div>
      </div>
    ),
  });
}

/** How many members: from the index where it is up to date, which knows without counting. */
export async function countOf(
  { index, directory: { database } }: ConsoleParts,
  { row }: OpenGroup,
  list: 'effective' | 'direct',
): Promise<number> {
  const found = await findGroupRef(database, row.id);
  const known = found === null ? null : await askIndex(index, row.n, list, found.position);
  return known ?? countMembers(database, row.n, list);
}

async function askIndex(
  index: ConsoleParts['index'],
  group: GroupN,
  list: 'effective' | 'direct',
  position: Position,
): Promise<number | null> {
  return (await index.page({ group, list, after: 0, limit: 1 }, position))?.total ?? null;
}

interface AboutProps {
  readonly group: OpenGroup;
  /** Where the installation is for others. */
  readonly baseUrl: string;
}

function About({ group: { row, policy, path }, baseUrl }: AboutProps) {
  const t = useTexts();
  const o = t.groups.overview;
  const hasFlags = flagNames.some((name) => row[name]) || row.reserved_to !== null;
  const items: readonly (Detail | null)[] = [
    { name: o.kind, value: t.groups.kinds[row.kind] },
    row.rule === null ? null : { name: o.rule, value: <code>{row.rule}</code> },
    {
      name: o.flags,
      value: hasFlags ? (
        <span class="badges">
          <FlagBadges group={row} />
        </span>
      ) : (
        o.noFlags
      ),
    },
    row.kind === 'regular' ? { name: o.autoLeave, value: o.autoLeaves[row.auto_leave] } : null,
    row.kind === 'regular' ? { name: o.reserved, value: row.reserved_to ?? o.anySource } : null,
    row.kind === 'regular' && !row.internal
      ? {
          name: o.joinLink,
          value: (
            <a href={`${path}/join`}>
              <code>{`${baseUrl}${path}/join`}</code>
            </a>
          ),
        }
      : null,
    { name: o.roles, value: row.roles.length === 0 ? t.shell.none : row.roles.join(', ') },
    row.permissions.length === 0 && !policy.protected
      ? null
      : {
          name: o.permissions,
          value: row.permissions.length === 0 ? t.shell.none : row.permissions.join(', '),
        },
    row.trusted_sources.length === 0 ? null : { name: o.trusted, value: row.trusted_sources.join(', ') },
    { name: o.created, value: <Moment at={row.created_at} /> },
    { name: o.changed, value: <Moment at={row.modified_at} /> },
    { name: o.id, value: <code>{row.id}</code> },
  ];
  return (
    <>
      <Details items={items.filter((item) => item !== null)} />
      {policy.protected ? <p class="quiet small">{o.protectedWhy}</p> : null}
    </>
  );
}

function Leaders({ leaders }: { readonly leaders: readonly LeaderName[] }) {
  const t = useTexts();
  if (leaders.length === 0) {
    return <Empty title={t.groups.overview.noLeader}>{t.groups.overview.noLeaderNext}</Empty>;
  }
  return (
    <ul class="plain tight">
      {leaders.map((leader) => (
        <li key={leader.id}>
          <MemberName {...leader} />
        </li>
      ))}
    </ul>
  );
}

/** A user or a group by name, each leading to its page where that is open. */
export function MemberName({ type, id, name }: LeaderName) {
  const t = useTexts();
  return (
    <>
      <WayTo href={`/${type}s/${id}`}>
        <Name of={name} />
      </WayTo>
      {type === 'group' ? <span class="quiet"> {t.members.group}</span> : null}
    </>
  );
}
