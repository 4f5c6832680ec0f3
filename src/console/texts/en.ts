/**
 * What the pages say, in English: the only place of sentences, one file per area. A second language is a second
 * object of this type, and `textsOf` in frame/texts.ts picks one by the request.
 */
import { shell } from './en/shell.ts';
import { groups } from './en/groups.ts';
import { activity, operation } from './en/activity.ts';
import { conflicts } from './en/conflicts.ts';
import { imports } from './en/imports.ts';
import { log } from './en/log.ts';
import { members } from './en/members.ts';
import { overview } from './en/overview.ts';
import { inbox, own, requests } from './en/own.ts';
import { plans } from './en/plans.ts';
import { refusals } from './en/refusals.ts';
import { clients, providers, sources } from './en/sources.ts';
import { targets } from './en/targets.ts';
import { tour } from './en/tour.ts';
import { users } from './en/users.ts';

export const en = {
  ...{ shell, overview, own, requests, inbox, groups, members },
  ...{
    users,
    imports,
    plans,
    targets,
    sources,
    clients,
    providers,
    conflicts,
    activity,
    operation,
    tour,
    log,
    refusals,
  },
};

export type Texts = typeof en;
