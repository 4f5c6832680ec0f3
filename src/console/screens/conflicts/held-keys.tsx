/** Names and login keys that are held back after they were somebody's (D-08), and letting one go. */
import { may } from '../../../core/policies.ts';
import { releaseKey } from '../../../directory/identity-providers.ts';
import { perform } from '../../../directory/work.ts';
import { type HeldKeyRow, listHeldKeys } from '../../../store/screens/held-keys.ts';
import { addressOf, numberIn } from '../../address.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/details.tsx';
import { type Column, DataTable, type Paging } from '../../components/data-table.tsx';
import { Empty } from '../../components/empty.tsx';
import { Form } from '../../components/form.tsx';
import { Moment } from '../../components/moment.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { SearchBox } from '../../components/search-box.tsx';
import { useTexts } from '../../frame/here.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { ConflictTabs } from './list.tsx';

const PAGE = 50;
const PATH = '/conflicts/held-keys';

/** GET /conflicts/held-keys */
export async function showHeldKeys({ parts, query, person, t }: Visit): Promise<ScreenAnswer> {
  const value = (query.get('q') ?? '').trim();
  const before = numberIn(query, 'before');
  const rows = await listHeldKeys(parts.directory.database, { value, before, limit: PAGE + 1 });
  const shown = rows.slice(0, PAGE);
  const at = (last: number | null): string => addressOf(PATH, { q: value, before: last });
  const paging = {
    first: before === null ? null : at(null),
    next: rows.length > PAGE ? at(shown.at(-1)?.n ?? null) : null,
  };
  const h = t.conflicts.held;
  return {
    kind: 'page',
    title: t.conflicts.heldKeys,
    at: '/conflicts',
    crumbs: [{ text: t.conflicts.title, href: '/conflicts' }],
    body: (
      <>
        <PageHeader title={t.conflicts.heldKeys} lead={h.lead} />
        <Card>
          <ConflictTabs at={PATH} />
          <SearchBox action={PATH} label={h.search} value={value} results="found" />
          <div id="found" class="results">
            {shown.length > 0 ? (
              <HeldKeys rows={shown} mayRelease={may('see-settings', person)} paging={paging} />
            ) : value === '' ? (
              <Empty title={h.none}>{h.noneNext}</Empty>
            ) : (
              <Empty title={h.noneFound(value)}>{h.noneNext}</Empty>
            )}
          </div>
        </Card>
      </>
    ),
  };
}

/** POST /conflicts/held-keys/release */
export async function postRelease({ parts, form, by, t }: Visit): Promise<ScreenAnswer> {
  const key = form.get('key') ?? '';
  await perform(parts.directory, by, (work) => releaseKey(work, key));
  return { kind: 'go', to: PATH, notice: { tone: 'done', text: t.conflicts.held.released(key) } };
}

interface HeldKeysProps {
  readonly rows: readonly HeldKeyRow[];
  readonly mayRelease: boolean;
  readonly paging: Paging;
}

function HeldKeys({ rows, mayRelease, paging }: HeldKeysProps) {
  const t = useTexts().conflicts.held;
  const release: Column<HeldKeyRow> = {
    head: t.release,
    kind: 'actions',
    cell: ({ value }) => (
      <Form action={`${PATH}/release`}>
        <input type="hidden" name="key" value={value} />
        <Button tone="plain" size="small" label={t.releaseLabel(value)}>
          {t.release}
        </Button>
      </Form>
    ),
  };
  return (
    <DataTable
      caption={t.key}
      rows={rows}
      keyOf={({ n }) => n}
      paging={paging}
      columns={[
        { head: t.key, kind: 'name', cell: ({ value }) => value },
        { head: t.kind, cell: ({ kind }) => t.kinds[kind] ?? kind },
        { head: t.issuer, cell: ({ issuer }) => issuer },
        {
          head: t.was,
          cell: ({ user_id: id, user_name: name }) =>
            id === null ? t.gone : <a href={`/users/${id}`}>{name ?? id}</a>,
        },
        { head: t.since, cell: ({ since }) => <Moment at={since} /> },
        { head: t.until, cell: ({ until }) => <Moment at={until} /> },
        ...(mayRelease ? [release] : []),
      ]}
    />
  );
}
