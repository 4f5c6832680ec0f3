/** Who tells of what: feeds with their last files, and all others. */
import { lastRunOf, listSourceStates, type SourceState } from '../../../store/feeds/deliveries.ts';
import type { RunRow } from '../../../store/feeds/run-rows.ts';
import { defaultFeedSettings, type FeedSettings } from '../../../core/feeds/settings.ts';
import { addressOf, numberIn } from '../../address.ts';
import { Badge } from '../../components/badge.tsx';
import { Card } from '../../components/details.tsx';
import { DataTable, type Paging } from '../../components/data-table.tsx';
import { Empty } from '../../components/empty.tsx';
import { Moment } from '../../components/moment.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { useTexts } from '../../frame/here.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { RunBadges } from '../imports/badge.tsx';

const PAGE = 100;

export interface FeedState {
  readonly state: SourceState;
  readonly settings: FeedSettings;
  readonly run: RunRow | null;
  /** When the next file should be there; null where none is expected. */
  readonly expected: Date | null;
}

/** A feed with its settings, its last file, and when the next is expected. */
export async function feedState({ parts }: Visit, state: SourceState): Promise<FeedState> {
  const settings = parts.imports.feeds.get(state.name) ?? defaultFeedSettings(state.name);
  const since = state.last_delivery ?? state.created_at;
  const every = settings.expectedEvery;
  return {
    ...{ state, settings },
    run: await lastRunOf(parts.directory.database, state),
    expected: every === null ? null : new Date(since.getTime() + every),
  };
}

/** GET /sources */
export async function showSources(visit: Visit): Promise<ScreenAnswer> {
  const { parts, query, t } = visit;
  const after = numberIn(query, 'after');
  const states = await listSourceStates(parts.directory.database, {
    ...{ name: null, after: after ?? 0, limit: PAGE },
  });
  const feeds = await Promise.all(
    states.filter(({ kind }) => kind === 'feed').map((state) => feedState(visit, state)),
  );
  const others = states.filter(({ kind }) => kind !== 'feed');
  const next = states.length < PAGE ? null : addressOf('/sources', { after: states.at(-1)?.n });
  const paging = { first: after === null ? null : '/sources', next };
  return {
    kind: 'page',
    title: t.sources.title,
    body: (
      <>
        <PageHeader title={t.sources.title} lead={t.sources.lead} />
        <Card title={t.sources.feeds}>
          {feeds.length === 0 ? <Empty title={t.sources.noFeeds} /> : <Feeds feeds={feeds} />}
        </Card>
        <Card title={t.sources.others}>
          <Others states={others} paging={paging} />
        </Card>
      </>
    ),
  };
}

function Feeds({ feeds }: { readonly feeds: readonly FeedState[] }) {
  const t = useTexts().sources;
  return (
    <DataTable
      caption={t.feeds}
      rows={feeds}
      keyOf={({ state }) => state.n}
      columns={[
        {
          head: t.feed,
          kind: 'name',
          cell: ({ state: { name } }) => <a href={`/sources/${encodeURIComponent(name)}`}>{name}</a>,
        },
        { head: t.mode, cell: ({ settings: { mode } }) => mode },
        { head: t.lastRun, cell: ({ run }) => (run === null ? '' : <LastRun run={run} />) },
        {
          head: t.lastDelivery,
          cell: ({ state: { last_delivery: at } }) => (at === null ? '' : <Moment at={at} />),
        },
        { head: t.expected, cell: (feed) => <Expected feed={feed} /> },
      ]}
    />
  );
}

function LastRun({ run }: { readonly run: RunRow }) {
  return (
    <>
      <a href={`/imports/${run.id}`}>{run.file}</a> <RunBadges run={run} />
    </>
  );
}

/** When the next file is expected, and whether it should be there already. */
export function Expected({ feed: { state, expected } }: { readonly feed: FeedState }) {
  const t = useTexts().sources;
  if (expected === null) return <span class="quiet">{t.notExpected}</span>;
  return (
    <>
      <Moment at={expected} /> {state.overdue ? <Badge tone="bad">{t.overdue}</Badge> : null}
    </>
  );
}

function Others({ states, paging }: { readonly states: readonly SourceState[]; readonly paging: Paging }) {
  const t = useTexts().sources;
  return (
    <DataTable
      caption={t.others}
      rows={states}
      keyOf={({ n }) => n}
      paging={paging}
      columns={[
        {
          head: t.source,
          kind: 'name',
          cell: ({ name, kind, is_over: isOver }) =>
            isOver ? (
              <>
                {name} <Badge>{t.over}</Badge>
              </>
            ) : kind === 'client' ? (
              <a href={`/clients/${encodeURIComponent(name)}`}>{name}</a>
            ) : kind === 'idp' ? (
              <a href={`/providers/${encodeURIComponent(name)}`}>{name}</a>
            ) : (
              name
            ),
        },
        { head: t.kind, cell: ({ kind }) => t.kinds[kind] },
        { head: t.since, cell: ({ created_at: at }) => <Moment at={at} /> },
      ]}
    />
  );
}
