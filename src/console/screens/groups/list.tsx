/** Groups: search as one types, in the order of names. */
import { holds, leads } from '../../../core/actor.ts';
import { may } from '../../../core/policies.ts';
import { type GroupSearchRow, searchGroups } from '../../../store/screens/group-search.ts';
import { addressOf, wordIn } from '../../address.ts';
import { Badge } from '../../components/badge.tsx';
import { LinkButton } from '../../components/button.tsx';
import { DataTable, type Paging } from '../../components/data-table.tsx';
import { Card } from '../../components/details.tsx';
import { Empty } from '../../components/empty.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { SearchBox } from '../../components/search-box.tsx';
import { Name } from '../../components/name.tsx';
import { useHere, useTexts } from '../../frame/here.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { FlagBadges } from './flags.tsx';
import { ownGroups } from './sight.ts';

const PAGE = 50;
const kinds = ['regular', 'affiliation', 'rule', 'everyone-signed-in', 'everyone'] as const;

/** GET /groups */
export async function listGroups({ parts, person, query, t }: Visit): Promise<ScreenAnswer> {
  const readsAll = may('read-directory', person);
  const text = query.get('q') ?? '';
  const kind = wordIn(query, 'kind', kinds);
  const rows = await searchGroups(parts.directory.database, {
    ...{ text, kind, after: query.get('after') ?? '', limit: PAGE + 1 },
    within: readsAll ? null : ownGroups(person),
  });
  const shown = rows.slice(0, PAGE);
  const paging = {
    first: query.has('after') ? addressOf('/groups', { q: text, kind }) : null,
    next: rows.length > PAGE ? addressOf('/groups', { q: text, kind, after: shown.at(-1)?.key }) : null,
  };
  return {
    kind: 'page',
    title: t.groups.title,
    body: (
      <>
        <PageHeader
          title={t.groups.title}
          lead={readsAll ? t.groups.lead : t.groups.leadOwn}
          actions={
            may('create-group', person) ? (
              <LinkButton href="/groups/new">{t.groups.create}</LinkButton>
            ) : undefined
          }
        />
        <Card>
          <SearchBox action="/groups" label={t.groups.search} value={text} results="groups">
            <select name="kind" aria-label={t.groups.kind} class="narrow">
              <option value="">{t.groups.anyKind}</option>
              {kinds.map((one) => (
                <option key={one} value={one} selected={one === kind}>
                  {t.groups.kinds[one]}
                </option>
              ))}
            </select>
          </SearchBox>
          <Found rows={shown} text={text} paging={paging} />
        </Card>
      </>
    ),
  };
}

interface FoundProps {
  readonly rows: readonly GroupSearchRow[];
  readonly text: string;
  readonly paging: Paging;
}

function Found({ rows, text, paging }: FoundProps) {
  const t = useTexts().groups;
  return (
    <div id="groups" class="results">
      {rows.length === 0 ? (
        <Empty title={text === '' ? t.noGroup : t.noneFound(text)}>
          {text === '' ? t.noGroupNext : t.noneFoundNext}
        </Empty>
      ) : (
        <>
          <p class="quiet small" role="status">
            {t.found(rows.length, paging.next !== null)}
          </p>
          <DataTable
            caption={t.title}
            rows={rows}
            keyOf={({ id }) => id}
            paging={paging}
            columns={[
              { head: t.name, kind: 'name', cell: (row) => <GroupName row={row} /> },
              {
                head: t.flags,
                cell: (row) => (
                  <span class="badges">
                    {row.kind === 'regular' ? null : <Badge tone="info">{t.kinds[row.kind]}</Badge>}
                    <FlagBadges group={row} />
                  </span>
                ),
              },
              { head: t.roles, cell: ({ roles }) => roles.join(', ') },
              { head: t.waiting, kind: 'number', cell: (row) => <Pending row={row} /> },
            ]}
          />
        </>
      )}
    </div>
  );
}

function GroupName({ row }: { readonly row: GroupSearchRow }) {
  return (
    <>
      <a href={`/groups/${row.id}`}>
        <Name of={row.name} />
      </a>
      {row.description === null ? null : <span class="under">{row.description}</span>}
    </>
  );
}

function Pending({ row }: { readonly row: GroupSearchRow }) {
  const { t, session } = useHere();
  if (row.pending === 0) return null;
  const badge = <Badge tone="warn">{t.shell.waiting(row.pending)}</Badge>;
  const decides = session !== null && (leads(session.person, row) || holds(session.person, 'groups.manage'));
  return decides ? <a href={`/groups/${row.id}/requests`}>{badge}</a> : badge;
}
