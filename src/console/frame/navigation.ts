/** The ways into the console. Each is shown to whom its screen is for, by the same sentences that guard it. */
import type { Person } from '../../core/actor.ts';
import { may } from '../../core/policies.ts';
import { decidesRequests, seesOverview } from './sight.ts';
import { seesGroups } from '../screens/groups/sight.ts';
import type { Texts } from '../texts/en.ts';

export interface Way {
  readonly path: string;
  readonly text: (t: Texts) => string;
  /** Absent where everybody who is signed in may. */
  readonly who?: (person: Person) => boolean;
}

export interface Section {
  readonly title: (t: Texts) => string;
  readonly ways: readonly Way[];
}

export const navigation: readonly Section[] = [
  {
    title: (t) => t.shell.sections.own,
    ways: [
      { path: '/overview', text: (t) => t.shell.nav.overview, who: seesOverview },
      { path: '/my-groups', text: (t) => t.shell.nav.myGroups },
      { path: '/requests', text: (t) => t.shell.nav.requests, who: decidesRequests },
      { path: '/inbox', text: (t) => t.shell.nav.inbox },
    ],
  },
  {
    title: (t) => t.shell.sections.directory,
    ways: [
      { path: '/groups', text: (t) => t.shell.nav.groups, who: seesGroups },
      { path: '/users', text: (t) => t.shell.nav.users, who: readsDirectory },
    ],
  },
  {
    title: (t) => t.shell.sections.flow,
    ways: [
      { path: '/imports', text: (t) => t.shell.nav.imports, who: seesImports },
      { path: '/plans', text: (t) => t.shell.nav.plans, who: seesPlans },
      { path: '/targets', text: (t) => t.shell.nav.targets, who: seesTargets },
      { path: '/sources', text: (t) => t.shell.nav.sources, who: seesSources },
      { path: '/clients', text: (t) => t.shell.nav.clients, who: seesSources },
      { path: '/providers', text: (t) => t.shell.nav.providers, who: seesSources },
      { path: '/conflicts', text: (t) => t.shell.nav.conflicts, who: (person) => may('read-audit', person) },
    ],
  },
  {
    title: (t) => t.shell.sections.operation,
    ways: [
      { path: '/activity', text: (t) => t.shell.nav.activity, who: (person) => may('read-audit', person) },
      { path: '/settings', text: (t) => t.shell.nav.settings, who: (person) => may('see-settings', person) },
      { path: '/tour', text: (t) => t.shell.nav.tour, who: (person) => may('see-settings', person) },
      { path: '/doctor', text: (t) => t.shell.nav.doctor, who: (person) => may('see-settings', person) },
    ],
  },
];

/** The sections with what the person may open; those with nothing are left out. */
export function waysOf(person: Person): readonly Section[] {
  return navigation
    .map(({ title, ways }) => ({ title, ways: ways.filter(({ who }) => who?.(person) ?? true) }))
    .filter(({ ways }) => ways.length > 0);
}

/** Those who look after sources, and those who decide what of a file is held. */
export function seesImports(person: Person): boolean {
  return may('manage-sources', person) || may('approve-plan', person);
}

export function seesTargets(person: Person): boolean {
  return may('manage-targets', person);
}

export function seesSources(person: Person): boolean {
  return may('manage-sources', person);
}

export function seesPlans(person: Person): boolean {
  return may('approve-plan', person);
}

/**
 * Whether a page is open to somebody, as the section says that it is in. Of groups: whether all of them are, for a page
 * that may name any; those that somebody leads are so besides.
 */
export function opens(person: Person, href: string): boolean {
  const path = `/${href.split(/[/?]/)[1] ?? ''}`;
  if (path === '/groups') return readsDirectory(person);
  const way = navigation.flatMap(({ ways }) => ways).find((one) => one.path === path);
  return way?.who?.(person) ?? true;
}

/** Whether somebody may open the lists of groups and users as a whole. */
export function readsDirectory(person: Person): boolean {
  return may('read-directory', person);
}
