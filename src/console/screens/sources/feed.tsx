/** One feed: how it is set, its files, and what is expected. */
import { Refusal } from '../../../core/refusal.ts';
import { listSourceStates } from '../../../store/feeds/deliveries.ts';
import { listRuns } from '../../../store/feeds/run-rows.ts';
import { addressOf, numberIn } from '../../address.ts';
import { LinkButton } from '../../components/button.tsx';
import { Card, Details } from '../../components/details.tsx';
import { Empty } from '../../components/empty.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Remark } from '../../components/notice-box.tsx';
import { useTexts } from '../../frame/here.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { RunTable } from '../imports/list.tsx';
import { Expected, type FeedState, feedState } from './list.tsx';

const PAGE = 25;

/** GET /sources/:name */
export async function showFeed(visit: Visit): Promise<ScreenAnswer> {
  const { parts, params, query, t } = visit;
  const { database } = parts.directory;
  const name = params.name ?? '';
  // Without the count of what it asserts, which can be a million.
  const states = await listSourceStates(database, { name: null, after: 0, limit: 10_000 });
  const state = states.find((each) => each.name === name && each.kind === 'feed');
  if (state === undefined) throw new Refusal('source.not_found', { source: name });
  const before = numberIn(query, 'before');
  const [feed, runs] = await Promise.all([
    feedState(visit, state),
    listRuns(database, { source: name, state: null, before, limit: PAGE + 1 }),
  ]);
  const path = `/sources/${encodeURIComponent(name)}`;
  const shown = runs.slice(0, PAGE);
  const paging = {
    first: before === null ? null : path,
    next: runs.length > PAGE ? addressOf(path, { before: shown.at(-1)?.n }) : null,
  };
  const upload = (
    <LinkButton href={addressOf('/imports/new', { source: name })}>{t.sources.upload}</LinkButton>
  );
  return {
    kind: 'page',
    title: name,
    at: '/sources',
    crumbs: [{ text: t.sources.title, href: '/sources' }],
    body: (
      <>
        <PageHeader title={name} actions={upload} />
        {state.overdue ? (
          <Remark tone="held" title={t.sources.overdueTitle}>
            <p>{t.sources.overdueWhat}</p>
          </Remark>
        ) : null}
        <Card title={t.sources.runs}>
          {shown.length === 0 ? (
            <Empty title={t.sources.noRuns}>{t.sources.noRunsNext}</Empty>
          ) : (
            <RunTable runs={shown} paging={paging} />
          )}
        </Card>
        <Settings feed={feed} />
      </>
    ),
  };
}

function Settings({ feed }: { readonly feed: FeedState }) {
  const { sources: t, imports } = useTexts();
  const { settings } = feed;
  return (
    <Card title={t.settings}>
      <p class="quiet">{t.settingsHint}</p>
      <Details
        items={[
          { name: t.mode, value: imports.run.modes[settings.mode] },
          { name: t.expected, value: <Expected feed={feed} /> },
          { name: t.complete, value: t.completeWords[settings.completeness] },
          { name: t.encoding, value: settings.encoding ?? t.asTheFile },
          { name: t.delimiter, value: settings.delimiter ?? t.asTheFile },
          { name: t.identityOrder, value: settings.identityOrder.join(', ') },
          { name: t.roles, value: settings.allowedRoles?.join(', ') ?? t.anyRole },
          {
            name: t.columns,
            value:
              settings.columns.size === 0
                ? t.standardColumns
                : [...settings.columns].map(([column, { spelling }]) => `${column} → ${spelling}`).join(', '),
          },
        ]}
      />
    </Card>
  );
}
