/** What a target refuses: whom it keeps out of which groups, with what it said, and the way to have it sent again. */
import { isUuid } from '../../../core/ids.ts';
import type { RefusedPlace } from '../../../store/targets/refusals.ts';
import { type RefusedMember, sendRefusedAgain, showRefusedMembers } from '../../../targets/admin/refusals.ts';
import { showTarget } from '../../../targets/admin/verbs.ts';
import type { TargetStatus } from '../../../targets/admin/view.ts';
import { addressOf, numberIn } from '../../address.ts';
import { Button, LinkButton } from '../../components/button.tsx';
import { DataTable, type Paging } from '../../components/data-table.tsx';
import { Card } from '../../components/details.tsx';
import { Empty } from '../../components/empty.tsx';
import { Form } from '../../components/form.tsx';
import { Name } from '../../components/name.tsx';
import { Remark } from '../../components/notice-box.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { useTexts } from '../../frame/here.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { placeBelowTarget } from './frame.tsx';
import { Attempt } from './objects-table.tsx';
import { placeIn } from './place.ts';

const PAGE = 50;

/** GET /targets/:id/refused: the memberships that are refused, of one group with `?group=`. */
export async function showRefused({ parts, params, query, t }: Visit): Promise<ScreenAnswer> {
  const target = await showTarget(parts.targets, params.id ?? '');
  const asked = query.get('group') ?? '';
  const group = isUuid(asked) ? asked : null;
  const wish = { group, after: afterIn(query), limit: PAGE };
  const { items, next } = await showRefusedMembers(parts.targets, target.id, wish);
  const path = `/targets/${target.id}/refused`;
  const title = t.targets.refused.membersAt(target.name);
  const paging = {
    first: wish.after === null ? null : addressOf(path, { group }),
    next: next === null ? null : addressOf(path, { group, list: next.group + LOWEST, after: next.user }),
  };
  return {
    kind: 'page',
    title,
    ...placeBelowTarget(t, target),
    body: (
      <>
        <PageHeader title={title} lead={t.targets.refused.lead} />
        <Card>
          {items.length === 0 ? (
            <Empty title={t.targets.refused.none} />
          ) : (
            <RefusedTable items={items} paging={paging} />
          )}
        </Card>
        <p class="actions">
          <LinkButton href={`/targets/${target.id}`} tone="plain">
            {t.targets.tested.back}
          </LinkButton>
        </p>
      </>
    ),
  };
}

/** POST /targets/:id/refused: sends again what was refused. */
export async function postRefused({ parts, params, by, t }: Visit): Promise<ScreenAnswer> {
  const { id, name } = await showTarget(parts.targets, params.id ?? '');
  await sendRefusedAgain(parts.targets, id, by);
  return { kind: 'go', to: `/targets/${id}`, notice: { tone: 'done', text: t.targets.refused.sent(name) } };
}

/** Numbers of groups of roles are below zero; an address carries none. */
const LOWEST = 2_147_483_648;

function afterIn(query: URLSearchParams): RefusedPlace | null {
  const [list, user] = [placeIn(query, 'list'), numberIn(query, 'after')];
  return list === null || user === null ? null : { group: list - LOWEST, user };
}

/** Says of a target that refused something what to do, and has it sent again; nothing where it refused nothing. */
export function RefusedRemark({ target }: { readonly target: TargetStatus }) {
  const t = useTexts().targets;
  const { id, blocked, conflicts, mode } = target;
  if (blocked + conflicts === 0) return null;
  const path = `/targets/${id}`;
  return (
    <Remark tone="held" title={t.refused.title(blocked, conflicts)}>
      <p>
        {t.refused.next}{' '}
        {blocked === 0 ? null : <a href={addressOf(path, { state: 'blocked' })}>{t.refused.toBlocked}</a>}{' '}
        {conflicts === 0 ? null : (
          <a href={addressOf(path, { state: 'conflict' })}>{t.refused.toConflicts}</a>
        )}
      </p>
      {mode === 'enforce' ? (
        <Form action={`${path}/refused`}>
          <Button tone="plain">{t.refused.again}</Button>
        </Form>
      ) : null}
    </Remark>
  );
}

/** A row for each membership that is refused. */
export function RefusedTable({
  items,
  paging,
}: {
  readonly items: readonly RefusedMember[];
  readonly paging?: Paging;
}) {
  const t = useTexts().targets;
  return (
    <DataTable
      caption={t.refused.members}
      rows={items}
      keyOf={({ user, group }) => `${user.id} ${group.id ?? group.name}`}
      {...(paging === undefined ? {} : { paging })}
      columns={[
        {
          head: t.refused.person,
          kind: 'name',
          cell: ({ user: { id, name } }) => (
            <a href={`/users/${id}`}>
              <Name of={name} />
            </a>
          ),
        },
        {
          head: t.refused.group,
          cell: ({ group: { id, name } }) =>
            id === null ? (
              <Name of={name} />
            ) : (
              <a href={`/groups/${id}`}>
                <Name of={name} />
              </a>
            ),
        },
        {
          head: t.refused.said,
          cell: ({ lastAttempt }) =>
            lastAttempt === null ? t.refused.longAgo : <Attempt attempt={lastAttempt} />,
        },
      ]}
    />
  );
}
