/** The first page: what needs a person, for those who look after Muster; my groups for everybody else. */
import { may } from '../../core/policies.ts';
import { listRuns, type RunRow } from '../../store/feeds/run-rows.ts';
import { type DirectoryFigures, readAmounts } from '../../store/screens/overview.ts';
import { showLags, type TargetLag } from '../../targets/admin/lag.ts';
import { PageHeader } from '../components/page-header.tsx';
import { seesImports, seesTargets } from '../frame/navigation.ts';
import { seesOverview } from '../frame/sight.ts';
import type { Screen, ScreenAnswer, Visit } from '../screen.ts';
import { FirstSteps, FiguresCard, GrowthCard, NeedsCard, RunsCard, TargetsCard } from './overview/cards.tsx';
import { needsOf } from './overview/needs.ts';
import { showMyGroups } from './own/my-groups.tsx';

export const overviewScreens: readonly Screen[] = [
  { method: 'GET', path: '/', handle: showFirstPage },
  { method: 'GET', path: '/overview', who: seesOverview, handle: showOverview },
];

const DAYS = 60;
const SHOWN = 6;

function showFirstPage(visit: Visit): Promise<ScreenAnswer> {
  return seesOverview(visit.person) ? showOverview(visit) : showMyGroups(visit);
}

async function showOverview(visit: Visit): Promise<ScreenAnswer> {
  const { parts, person, t } = visit;
  const { database } = parts.directory;
  const [{ figures, growth }, targets, runs] = await Promise.all([
    readAmounts(database, DAYS),
    showLags(parts.targets),
    listRuns(database, { source: null, state: null, before: null, limit: SHOWN }),
  ]);
  const needs = await needsOf(visit, targets);
  const isNew = isEmpty(figures, runs, targets);
  return {
    kind: 'page',
    title: t.overview.title,
    at: '/overview',
    body: (
      <>
        <PageHeader title={t.overview.title} lead={t.overview.lead} />
        {isNew && may('see-settings', person) ? <FirstSteps /> : null}
        <NeedsCard needs={needs} />
        <FiguresCard figures={figures} />
        <div class="columns">
          {seesTargets(person) ? <TargetsCard targets={targets} /> : null}
          {seesImports(person) ? <RunsCard runs={runs} /> : null}
        </div>
        {isNew ? null : <GrowthCard rows={growth} />}
      </>
    ),
  };
}

function isEmpty(
  { users, stubs, groups }: DirectoryFigures,
  runs: readonly RunRow[],
  targets: readonly TargetLag[],
): boolean {
  // The first administrator, and the groups that a first start makes, are there from the beginning.
  return users + stubs <= 1 && groups <= 4 && runs.length === 0 && targets.length === 0;
}
