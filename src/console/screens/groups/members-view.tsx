/** The members tab as it looks. */
import { addressOf } from '../../address.ts';
import { Badge } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { DataTable, type Paging } from '../../components/data-table.tsx';
import { Card } from '../../components/details.tsx';
import { Empty } from '../../components/empty.tsx';
import { TextField } from '../../components/field.tsx';
import { Form } from '../../components/form.tsx';
import { Moment } from '../../components/moment.tsx';
import { Remark } from '../../components/notice-box.tsx';
import { SearchBox } from '../../components/search-box.tsx';
import { Suggestions } from '../../components/suggestions.tsx';
import { Tabs } from '../../components/tabs.tsx';
import { useTexts } from '../../frame/here.ts';
import type { ShownMember } from '../../../store/screens/member-rows.ts';
import type { Suggestion } from '../../../store/screens/suggestions.ts';
import type { OpenGroup } from './access.ts';
import { MemberName } from './overview.tsx';

export type MembersList = 'direct' | 'effective';

export interface MembersPage {
  readonly list: MembersList;
  /** What is looked for among direct members. */
  readonly text: string;
  /** The past moment that is shown; null for now. */
  readonly at: string | null;
  readonly rows: readonly ShownMember[];
  readonly total: number | null;
  readonly paging: Paging;
}

/** Somebody who could be added; `isMember` where the group lists it already. */
export type FoundMember = Suggestion & { readonly isMember: boolean };

export interface AddMemberProps {
  readonly group: OpenGroup;
  readonly mayAdd: boolean;
  readonly typed: string;
  readonly until: string;
  readonly found: readonly FoundMember[];
}

/** Finding somebody while typing, and adding them; or why there is nothing to add here. */
export function AddMember({ group, mayAdd, typed, until, found }: AddMemberProps) {
  const t = useTexts().members.add;
  if (!mayAdd) return <NoAdding group={group} />;
  return (
    <Card title={t.title}>
      <SearchBox action={`${group.path}/members`} label={t.search} name="who" value={typed} results="found">
        <div class="field inline">
          <label for="until">{t.until}</label>
          <input type="date" id="until" name="until" value={until} />
        </div>
      </SearchBox>
      <div id="found" class="results">
        <Suggestions
          found={found}
          text={typed}
          action={`${group.path}/members/add`}
          verb={t.button}
          verbLabel={t.buttonLabel}
          carried={until === '' ? {} : { until }}
          instead={(one) =>
            found.some(({ id, isMember }) => id === one.id && isMember) ? (
              <span class="quiet small">{t.isMember}</span>
            ) : null
          }
        />
      </div>
    </Card>
  );
}

function NoAdding({ group: { closed, row } }: { readonly group: OpenGroup }) {
  const t = useTexts().members.add;
  const why =
    closed === 'automatic'
      ? t.automatic
      : closed === 'reserved'
        ? t.reserved(row.reserved_to ?? '')
        : t.notYours;
  return (
    <Remark tone="remark">
      <p>{why}</p>
    </Remark>
  );
}

/** The list, with the ways to the other list and to the past. */
export function MembersCard({ group, page }: { readonly group: OpenGroup; readonly page: MembersPage }) {
  const { members: t } = useTexts();
  const { list, at, text } = page;
  const path = `${group.path}/members`;
  return (
    <Card>
      <Tabs
        label={t.which}
        tabs={[
          { href: addressOf(path, { at }), text: t.direct },
          { href: addressOf(path, { list: 'effective', at }), text: t.effective },
        ]}
        at={addressOf(path, { list: list === 'direct' ? null : list, at })}
      />
      <p class="quiet">{list === 'direct' ? t.directLead : t.effectiveLead}</p>
      {at === null ? null : (
        <Remark tone="remark">
          <p>
            {t.past.shown(at)} <a href={addressOf(path, { list })}>{t.past.now}</a>
          </p>
        </Remark>
      )}
      {list === 'direct' && at === null ? (
        <SearchBox action={path} label={t.find} value={text} results="members" />
      ) : null}
      <div id="members" class="results">
        <MembersTable group={group} page={page} />
      </div>
      <details class="aside">
        <summary>{t.past.title}</summary>
        <form method="get" action={path} class="line">
          {list === 'direct' ? null : <input type="hidden" name="list" value={list} />}
          <TextField
            name="at"
            label={t.past.field}
            type="datetime-local"
            value={(at ?? '').replace(/Z$/, '')}
          />
          <Button tone="plain">{t.past.show}</Button>
        </form>
      </details>
    </Card>
  );
}

function MembersTable({
  group,
  page: { list, rows, total, paging, at, text },
}: {
  readonly group: OpenGroup;
  readonly page: MembersPage;
}) {
  const texts = useTexts();
  const t = texts.members;
  if (rows.length === 0) {
    return (
      <Empty title={text === '' ? t.empty : t.noMatch(text)}>
        {text === '' && at === null ? t.emptyNext : t.emptyPlain}
      </Empty>
    );
  }
  const mayManage = at === null && group.closed === null;
  const name = { head: t.name, kind: 'name', cell: (row: ShownMember) => <MemberCell row={row} /> } as const;
  const why = {
    head: t.why,
    kind: 'actions' as const,
    cell: (row: ShownMember) => <WhyLink group={group} row={row} at={at} />,
  };
  return (
    <>
      {total === null ? null : (
        <p class="quiet small" role="status">
          {t.total(total)}
        </p>
      )}
      <DataTable
        caption={list === 'direct' ? t.directLead : t.effectiveLead}
        rows={rows}
        keyOf={({ n }) => n}
        paging={paging}
        columns={
          list === 'effective'
            ? [name, { head: t.through, cell: (row) => <Through row={row} isPast={at !== null} /> }, why]
            : [
                name,
                { head: t.sources, cell: ({ sources }) => sources.join(', ') },
                { head: t.since, cell: ({ since }) => (since === null ? null : <Moment at={since} />) },
                {
                  head: t.ends,
                  cell: (row) => (row.expires_at === null ? null : <Moment at={row.expires_at} />),
                },
                why,
                {
                  head: t.manage,
                  kind: 'actions',
                  cell: (row) => (mayManage ? <ManageMember group={group} row={row} /> : null),
                },
              ]
        }
      />
    </>
  );
}

function MemberCell({ row }: { readonly row: ShownMember }) {
  const { members: t } = useTexts();
  return (
    <>
      <MemberName {...row} />
      <span class="badges">
        {row.stub ? <Badge>{t.stub}</Badge> : row.active ? null : <Badge tone="warn">{t.inactive}</Badge>}
        {row.can_add || row.can_remove ? (
          <Badge tone="info">
            {row.can_add && row.can_remove ? t.badge.both : row.can_add ? t.badge.add : t.badge.remove}
          </Badge>
        ) : null}
      </span>
    </>
  );
}

function Through({ row, isPast }: { readonly row: ShownMember; readonly isPast: boolean }) {
  const { members: t } = useTexts();
  if (isPast) return null;
  return <>{row.sources.length > 0 ? t.directly : row.through.join(', ')}</>;
}

function WhyLink({
  group,
  row,
  at,
}: {
  readonly group: OpenGroup;
  readonly row: ShownMember;
  readonly at: string | null;
}) {
  const { members: t } = useTexts();
  if (row.type === 'group') return null;
  return (
    <a href={addressOf(`${group.path}/why`, { user: row.id, at })} aria-label={t.whyLabel(row.name)}>
      {t.why}
    </a>
  );
}

function ManageMember({ group, row }: { readonly group: OpenGroup; readonly row: ShownMember }) {
  const { members: t } = useTexts();
  const page = `${group.path}/members/${row.type}/${row.id}`;
  const mayRemove = group.may('remove-members');
  return (
    <span class="actions">
      <a class="button plain small" href={page} aria-label={t.manageLabel(row.name)}>
        {t.manage}
      </a>
      {!mayRemove ? null : row.type === 'group' ? (
        <a class="button danger small" href={`${page}/remove`} aria-label={t.removeLabel(row.name)}>
          {t.remove}
        </a>
      ) : (
        <Form action={`${page}/remove`}>
          <Button tone="danger" size="small" label={t.removeLabel(row.name)}>
            {t.remove}
          </Button>
        </Form>
      )}
    </span>
  );
}
