/** The first page: what needs a person, for those who look after Muster; my groups for everybody else. */
import { holds } from '../../core/actor.ts';
import { alertSentence } from '../../core/alert.ts';
import { listAlerts } from '../../store/alerts.ts';
import { listRuns, type RunRow } from '../../store/feeds/run-rows.ts';
import { countHeldPlans } from '../../store/plans/plans.ts';
import {
  type DirectoryFigures,
  readFigures,
  readGrowth,
  readTargetLags,
  type TargetLagRow,
} from '../../store/screens/overview.ts';
import { countWaiting } from '../../store/screens/waiting.ts';
import { PageHeader } from '../components/page-header.tsx';
import { seesOverview } from '../frame/sight.ts';
import type { Screen, ScreenAnswer, Visit } from '../screen.ts';
import {
  FirstSteps,
  FiguresCard,
  GrowthCard,
  type Need,
  NeedsCard,
  RunsCard,
  TargetsCard,
} from './overview/cards.tsx';
import { listDisputes } from './conflicts/dispute.ts';
import { showMyGroups } from './own/my-groups.tsx';

export const overviewScreens: readonly Screen[] = [
  { method: 'GET', path: '/', handle: showFirstPage },
  { method: 'GET', path: '/overview', who: seesOverview, handle: showOverview },
];

const DAYS = 60;
const SHOWN = 6;
const MOST_CONFLICTS = 100;

function showFirstPage(visit: Visit): Promise<ScreenAnswer> {
  return seesOverview(visit.person) ? showOverview(visit) : showMyGroups(visit);
}

async function showOverview(visit: Visit): Promise<ScreenAnswer> {
  const { parts, t } = visit;
  const { database } = parts.directory;
  const [figures, growth, targets, runs] = await Promise.all([
    readFigures(database),
    readGrowth(database, DAYS),
    readTargetLags(database),
    listRuns(database, { source: null, state: null, before: null, limit: SHOWN }),
  ]);
  const needs = await needsOf(visit, targets);
  return {
    kind: 'page',
    title: t.overview.title,
    at: '/overview',
    body: (
      <>
        <PageHeader title={t.overview.title} lead={t.overview.lead} />
        {isEmpty(figures, runs, targets) ? <FirstSteps /> : null}
        <NeedsCard needs={needs} />
        <FiguresCard figures={figures} />
        <div class="columns">
          <TargetsCard targets={targets} />
          <RunsCard runs={runs} />
        </div>
        <GrowthCard rows={growth} />
      </>
    ),
  };
}

/** What needs a person, the stopped first; of each kind only for whom it is. */
async function needsOf(
  { parts, person, t }: Visit,
  targets: readonly TargetLagRow[],
): Promise<readonly Need[]> {
  const { database } = parts.directory;
  const o = t.overview;
  const [plans, waiting, conflicts, alerts] = await Promise.all([
    countHeldPlans(database),
    countWaiting(database, person.n, holds(person, 'groups.manage') ? null : [...person.leads]),
    listDisputes(database, { state: 'open', before: null, limit: MOST_CONFLICTS }),
    listAlerts(database, { state: 'open', kind: null, before: null, limit: SHOWN }),
  ]);
  const held = plans.reduce((sum, { plans: count }) => sum + count, 0);
  return [
    ...targets
      .filter(({ paused_why: why }) => why !== null)
      .map(({ id, name, paused_why: why }) => ({
        what: o.stopped(name),
        why: why ?? '',
        href: `/targets/${id}`,
      })),
    ...targets
      .filter(({ paused_why: paused, down_why: down }) => paused === null && down !== null)
      .map(({ id, name, down_why: why }) => ({ what: o.down(name), why: why ?? '', href: `/targets/${id}` })),
    ...(held === 0 ? [] : [{ what: o.plans(held), why: o.plansWhy, href: '/plans' }]),
    ...alerts
      .filter(({ kind }) => kind !== 'target.quarantined')
      .map(({ kind, details }) => ({ what: alertSentence(kind, details), why: '', href: hrefOfAlert(kind) })),
    ...(waiting.requests === 0
      ? []
      : [{ what: o.requests(waiting.requests), why: o.requestsWhy, href: '/requests' }]),
    ...(conflicts.length === 0
      ? []
      : [{ what: o.conflicts(conflicts.length), why: o.conflictsWhy, href: '/conflicts' }]),
    ...targets
      .filter(({ blocked }) => blocked > 0)
      .map(({ id, name, blocked }) => ({
        what: o.blocked(name, blocked),
        why: o.blockedWhy,
        href: `/targets/${id}`,
      })),
  ];
}

function hrefOfAlert(kind: string): string {
  return kind === 'feed.overdue' ? '/imports' : kind === 'contested' ? '/groups' : '/sources';
}

function isEmpty(
  { users, stubs, groups }: DirectoryFigures,
  runs: readonly RunRow[],
  targets: readonly TargetLagRow[],
): boolean {
  // The first administrator, and the groups that a first start makes, are there from the beginning.
  return users + stubs <= 1 && groups <= 4 && runs.length === 0 && targets.length === 0;
}
