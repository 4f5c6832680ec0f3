/** What needs a person, for the overview and the inbox. */
import type { Person } from '../../../core/actor.ts';
import { holds } from '../../../core/actor.ts';
import { type AlertKind, alertSentence } from '../../../core/alert.ts';
import { may } from '../../../core/policies.ts';
import { listAlerts } from '../../../store/alerts.ts';
import { countHeldPlans } from '../../../store/plans/plans.ts';
import { countWaiting } from '../../../store/screens/waiting.ts';
import type { TargetLag } from '../../../targets/admin/lag.ts';
import { seesImports, seesPlans, seesSources, seesTargets } from '../../frame/navigation.ts';
import { decidesRequests } from '../../frame/sight.ts';
import { wholeTime } from '../../components/moment.tsx';
import type { Visit } from '../../screen.ts';
import { listDisputes } from '../conflicts/dispute.ts';
import { seesGroups } from '../groups/sight.ts';
import { inWords } from '../targets/failure-words.ts';
import type { Need } from './cards.tsx';

const MOST_CONFLICTS = 100;
const MOST_ALERTS = 6;

/** What needs the visitor, the stopped first; of each kind only where the page that it leads to is for them. */
export async function needsOf(visit: Visit, targets: readonly TargetLag[]): Promise<readonly Need[]> {
  const { parts, person, t } = visit;
  const { database } = parts.directory;
  const o = t.overview;
  const [plans, waiting, conflicts, alerts] = await Promise.all([
    seesPlans(person) ? countHeldPlans(database) : [],
    countWaiting(database, person.n, holds(person, 'groups.manage') ? null : [...person.leads]),
    may('read-audit', person)
      ? listDisputes(database, { state: 'open', before: null, limit: MOST_CONFLICTS })
      : [],
    listAlerts(database, { state: 'open', kind: null, before: null, limit: MOST_ALERTS }),
  ]);
  const held = plans.reduce((sum, { plans: count }) => sum + count, 0);
  const [oldest] = plans;
  const looked = seesTargets(person) ? targets : [];
  return [
    ...looked
      .filter(({ health }) => health.state === 'paused')
      .map(({ id, name, health }) => ({
        what: o.stopped(name),
        why: health.why ?? '',
        href: `/targets/${id}`,
      })),
    ...looked
      .filter(({ health }) => health.state === 'down' || health.state === 'quarantined')
      .map(({ id, name, health, toSend }) => ({
        what: o.down(name),
        why: [
          sentence(inWords(t.targets.failures, health.why ?? '')),
          ...(health.since === null ? [] : [`${t.targets.since} ${wholeTime(new Date(health.since))}.`]),
          ...(toSend.count === 0 ? [] : [`${t.targets.behindBy(toSend)}.`]),
        ].join(' '),
        href: `/targets/${id}`,
      })),
    ...(oldest === undefined
      ? []
      : [{ what: o.plans(held), why: o.plansWhy, href: held === 1 ? `/plans/${oldest.first}` : '/plans' }]),
    ...alerts
      .filter(({ kind }) => kind !== 'target.quarantined')
      .flatMap(({ kind, details }) => {
        const href = hrefOfAlert(kind, person);
        return href === null ? [] : [{ what: alertSentence(kind, details), why: '', href }];
      }),
    ...(waiting.requests === 0 || !decidesRequests(person)
      ? []
      : [{ what: o.requests(waiting.requests), why: o.requestsWhy, href: '/requests' }]),
    ...(conflicts.length === 0
      ? []
      : [{ what: o.conflicts(conflicts.length), why: o.conflictsWhy, href: '/conflicts' }]),
    ...looked
      .filter(({ blocked }) => blocked > 0)
      .map(({ id, name, blocked }) => ({
        what: o.blocked(name, blocked),
        why: o.blockedWhy,
        href: `/targets/${id}`,
      })),
  ];
}

/** What a service said may end anyhow. */
function sentence(text: string): string {
  return text === '' || /[.!?]$/.test(text) ? text : `${text}.`;
}

/** Where one looks into an alert; null for those who find nothing there. */
function hrefOfAlert(kind: AlertKind, person: Person): string | null {
  switch (kind) {
    case 'feed.overdue':
      return seesImports(person) ? '/imports' : null;
    case 'contested':
      return seesGroups(person) ? '/groups' : null;
    case 'administrator.ended':
      return may('read-directory', person) ? '/users' : null;
    case 'client.guard':
      return seesSources(person) ? '/clients' : null;
    case 'provider.breaker':
      return seesSources(person) ? '/providers' : null;
    case 'target.quarantined':
      return seesTargets(person) ? '/targets' : null;
    case 'changes.mended':
      return may('read-audit', person) ? '/activity' : null;
  }
}
