/** Why somebody is at a target, or is not: the groups of its scope, and what the ledger knows of the person. */
import { parseGroupId, parseUserId, type UserId } from '../../../core/ids.ts';
import { areMembers } from '../../../store/effective/membership.ts';
import { findUsersCalled, nameGroupsById } from '../../../store/lookup.ts';
import { suggestUsers } from '../../../store/screens/suggestions.ts';
import { type ObjectView, showObjects } from '../../../targets/admin/ledger.ts';
import { type RefusedMember, showRefusedOf } from '../../../targets/admin/refusals.ts';
import { showTarget } from '../../../targets/admin/verbs.ts';
import type { TargetStatus } from '../../../targets/admin/view.ts';
import { addressOf } from '../../address.ts';
import { Badge } from '../../components/badge.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { Card } from '../../components/details.tsx';
import { Empty } from '../../components/empty.tsx';
import { Remark } from '../../components/notice-box.tsx';
import { PersonPicker } from '../../components/person-picker.tsx';
import { useTexts } from '../../frame/here.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { targetPage } from './frame.tsx';
import { ObjectsTable } from './objects-table.tsx';
import { RefusedTable } from './refused.tsx';

const SUGGESTED = 8;
/** Of a scope of more groups the first are looked at. */
const MOST_GROUPS = 200;

/** GET /targets/:id/why */
export async function showTargetWhy(visit: Visit): Promise<ScreenAnswer> {
  const { parts, params, query, t } = visit;
  const target = await showTarget(parts.targets, params.id ?? '');
  const typed = query.get('q') ?? '';
  const user = parseUserId(query.get('user') ?? '');
  const found = await suggestUsers(parts.directory.database, typed, SUGGESTED);
  const path = `/targets/${target.id}/why`;
  return targetPage(visit, {
    target,
    tab: 'why',
    body: (
      <>
        <PersonPicker
          title={t.targets.whyThere.title}
          lead={t.targets.whyThere.lead}
          {...{ path, typed, found }}
        />
        {user === null ? null : await explained(visit, target, user)}
      </>
    ),
  });
}

interface Way {
  readonly id: string;
  readonly name: string;
  readonly isMember: boolean;
}

async function explained({ parts, t }: Visit, target: TargetStatus, user: UserId) {
  const { database } = parts.directory;
  const [named] = await findUsersCalled(database, user);
  const groups = await nameGroupsById(database, target.scope.groups.slice(0, MOST_GROUPS));
  const pairs = groups.flatMap(({ id }) => {
    const group = parseGroupId(id);
    return group === null ? [] : [{ user, group }];
  });
  const answers = await areMembers(database, pairs);
  const ways = groups.map(({ id, name }, at): Way => ({ id, name, isMember: answers[at]?.found === true }));
  const wish = { state: null, type: 'user', id: user, after: 0, limit: 1 } as const;
  const { items } = await showObjects(parts.targets, target.id, wish);
  const refused = named === undefined ? [] : await showRefusedOf(parts.targets, target.id, named.n);
  const isWanted = target.scope.allUsers || ways.some(({ isMember }) => isMember);
  const name = named?.name ?? user;
  return (
    <>
      <Remark
        tone={isWanted ? 'done' : 'remark'}
        title={(isWanted ? t.targets.whyThere.wanted : t.targets.whyThere.unwanted)(name, target.name)}
      >
        {target.scope.allUsers ? <p>{t.targets.whyThere.allUsers}</p> : null}
      </Remark>
      <Refused user={name} target={target} items={refused} />
      <Scope ways={ways} user={user} />
      <Known target={target} items={items} />
    </>
  );
}

function Scope({ ways, user }: { readonly ways: readonly Way[]; readonly user: UserId }) {
  const { targets, members } = useTexts();
  const t = targets.whyThere;
  return (
    <Card title={t.scope}>
      {ways.length === 0 ? (
        <Empty title={targets.settings.noScope} />
      ) : (
        <DataTable
          caption={t.scope}
          rows={ways}
          keyOf={({ id }) => id}
          columns={[
            { head: t.group, kind: 'name', cell: ({ id, name }) => <a href={`/groups/${id}`}>{name}</a> },
            {
              head: t.isIn,
              cell: ({ isMember }) => (
                <Badge tone={isMember ? 'good' : 'neutral'}>{isMember ? t.yes : t.no}</Badge>
              ),
            },
            {
              head: members.why,
              kind: 'actions',
              cell: ({ id, name }) => (
                <a href={addressOf(`/groups/${id}/why`, { user })} aria-label={t.whyLabel(name)}>
                  {members.why}
                </a>
              ),
            },
          ]}
        />
      )}
    </Card>
  );
}

interface RefusedProps {
  readonly user: string;
  readonly target: TargetStatus;
  readonly items: readonly RefusedMember[];
}

function Refused({ user, target: { id, name }, items }: RefusedProps) {
  const { targets } = useTexts();
  const t = targets.whyThere;
  if (items.length === 0) return null;
  return (
    <>
      <Remark tone="problem" title={t.refused(user, name, items.length)}>
        <p>
          {t.refusedNext} <a href={`/targets/${id}`}>{targets.tested.back}</a>
        </p>
      </Remark>
      <Card title={targets.refused.members}>
        <RefusedTable items={items} />
      </Card>
    </>
  );
}

function Known({ target, items }: { readonly target: TargetStatus; readonly items: readonly ObjectView[] }) {
  const t = useTexts().targets.whyThere;
  return (
    <Card title={t.ledger}>
      {items.length === 0 ? (
        <Empty title={t.unknown(target.name)}>{t.unknownNext}</Empty>
      ) : (
        <ObjectsTable path={`/targets/${target.id}`} items={items} />
      )}
    </Card>
  );
}
