/** Every file that came in. */
import { may } from '../../../core/policies.ts';
import { listFeeds } from '../../../store/sources.ts';
import { listRuns, type RunRow } from '../../../store/feeds/run-rows.ts';
import { addressOf, numberIn, wordIn } from '../../address.ts';
import { LinkButton } from '../../components/button.tsx';
import { Card } from '../../components/details.tsx';
import { DataTable, type Paging } from '../../components/data-table.tsx';
import { Empty } from '../../components/empty.tsx';
import { SelectField } from '../../components/field.tsx';
import { Filters } from '../../components/filters.tsx';
import { Moment } from '../../components/moment.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { useHere } from '../../frame/here.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { RunBadges } from './badge.tsx';

const PAGE = 50;
const STATES = ['held', 'applied', 'rejected', 'waiting', 'reading', 'planning', 'applying'] as const;

/** GET /imports */
export async function showImports({ parts, query, t }: Visit): Promise<ScreenAnswer> {
  const { database } = parts.directory;
  const [source, state] = [query.get('source') ?? '', wordIn(query, 'state', STATES)];
  const before = numberIn(query, 'before');
  const [runs, feeds] = await Promise.all([
    listRuns(database, { source: source === '' ? null : source, state, before, limit: PAGE + 1 }),
    listFeeds(database),
  ]);
  const shown = runs.slice(0, PAGE);
  const at = (last: number | null): string => addressOf('/imports', { source, state, before: last });
  const paging = {
    first: before === null ? null : at(null),
    next: runs.length > PAGE ? at(shown.at(-1)?.n ?? null) : null,
  };
  const narrowed = source !== '' || state !== null;
  return {
    kind: 'page',
    title: t.imports.title,
    body: (
      <Imports
        runs={shown}
        {...{ feeds, source, paging }}
        state={state ?? ''}
        narrowed={narrowed ? 'yes' : 'no'}
        watchDir={parts.imports.watchDir}
      />
    ),
  };
}

interface ImportsProps {
  readonly runs: readonly RunRow[];
  readonly feeds: readonly string[];
  readonly source: string;
  readonly state: string;
  readonly narrowed: 'yes' | 'no';
  readonly paging: Paging;
  readonly watchDir: string;
}

function Imports({ runs, feeds, source, state, narrowed, paging, watchDir }: ImportsProps) {
  const { t, session } = useHere();
  const mayUpload = session !== null && may('manage-sources', session.person);
  const upload = <LinkButton href="/imports/new">{t.imports.upload}</LinkButton>;
  return (
    <>
      <PageHeader
        title={t.imports.title}
        lead={t.imports.lead}
        {...(mayUpload && runs.length > 0 ? { actions: upload } : {})}
      />
      <Card>
        {runs.length === 0 && narrowed === 'no' ? null : (
          <Filters action="/imports">
            <SelectField
              name="source"
              label={t.imports.source}
              value={source}
              options={[
                { value: '', text: t.imports.allSources },
                ...feeds.map((feed) => ({ value: feed, text: feed })),
              ]}
            />
            <SelectField
              name="state"
              label={t.imports.state}
              value={state}
              options={[
                { value: '', text: t.imports.allStates },
                ...STATES.map((each) => ({ value: each, text: t.imports.states[each] })),
              ]}
            />
          </Filters>
        )}
        {runs.length > 0 ? (
          <RunTable runs={runs} paging={paging} />
        ) : narrowed === 'yes' ? (
          <Empty title={t.imports.noneLikeThis}>{t.imports.noneLikeThisNext}</Empty>
        ) : (
          <Empty title={t.imports.none} {...(mayUpload ? { action: upload } : {})}>
            {t.imports.noneNext}
          </Empty>
        )}
      </Card>
      <p class="quiet small">
        {t.imports.watched} <code>{watchDir}</code>
      </p>
    </>
  );
}

/** Runs as a list. */
export function RunTable({ runs, paging }: { readonly runs: readonly RunRow[]; readonly paging?: Paging }) {
  const { t } = useHere();
  return (
    <DataTable
      caption={t.imports.title}
      rows={runs}
      keyOf={({ n }) => n}
      {...(paging === undefined ? {} : { paging })}
      columns={[
        { head: t.imports.file, kind: 'name', cell: ({ id, file }) => <a href={`/imports/${id}`}>{file}</a> },
        { head: t.imports.source, cell: ({ source }) => source },
        { head: t.imports.state, cell: (run) => <RunBadges run={run} /> },
        { head: t.imports.rows, kind: 'number', cell: ({ rows_total: rows }) => rows ?? '' },
        { head: t.imports.arrived, cell: ({ created_at: at }) => <Moment at={at} /> },
      ]}
    />
  );
}
