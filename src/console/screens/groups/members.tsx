/** Members of a group: direct, effective with what leads there, of now and of then. */
import { Refusal } from '../../../core/refusal.ts';
import { type Moment, readMoment } from '../../../core/moment.ts';
import { foldName } from '../../../core/names.ts';
import {
  countPastMembers,
  findPastGroup,
  pastMembersPage,
  readKeptHistory,
} from '../../../store/effective/as-of.ts';
import { directMembersPage, effectiveMembersPage } from '../../../store/effective/membership.ts';
import { anyPart } from '../../../store/screens/like.ts';
import { describeShownMembers, listedAmong, matchingMembers } from '../../../store/screens/member-rows.ts';
import { suggestGroups, suggestUsers } from '../../../store/screens/suggestions.ts';
import { addressOf, numberIn, wordIn } from '../../address.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { type OpenGroup, openGroup } from './access.ts';
import { groupPage } from './frame.tsx';
import {
  AddMember,
  type FoundMember,
  MembersCard,
  type MembersList,
  type MembersPage,
} from './members-view.tsx';
import { countOf } from './overview.tsx';

const PAGE = 50;
const SUGGESTED = 6;
const lists = ['direct', 'effective'] as const;

/** GET /groups/:id/members */
export async function showMembers(visit: Visit): Promise<ScreenAnswer> {
  const { query } = visit;
  const group = await openGroup(visit);
  const page = await readMembers(visit, group);
  const typed = query.get('who') ?? '';
  const mayAdd = group.may('add-members') && group.closed === null && page.at === null;
  const found = mayAdd ? await suggestMembers(visit, group, typed) : [];
  return groupPage(visit, {
    group,
    tab: 'members',
    body: (
      <>
        {page.at === null ? (
          <AddMember
            group={group}
            mayAdd={mayAdd}
            typed={typed}
            until={query.get('until') ?? ''}
            found={found}
          />
        ) : null}
        <MembersCard group={group} page={page} />
      </>
    ),
  });
}

async function suggestMembers({ parts }: Visit, { row }: OpenGroup, text: string): Promise<FoundMember[]> {
  const { database } = parts.directory;
  const found = [
    ...(await suggestUsers(database, text, SUGGESTED)),
    ...(await suggestGroups(database, text, SUGGESTED)),
  ].filter(({ id }) => id !== row.id);
  const listed = await listedAmong(
    database,
    row.n,
    found.map(({ id }) => id),
  );
  return found.map((one) => ({ ...one, isMember: listed.has(one.id) }));
}

async function readMembers(visit: Visit, group: OpenGroup): Promise<MembersPage> {
  const { query } = visit;
  const { database } = visit.parts.directory;
  const list = wordIn(query, 'list', lists) ?? 'direct';
  const after = numberIn(query, 'after') ?? 0;
  const text = list === 'direct' ? (query.get('q') ?? '').trim() : '';
  const at = await momentOf(visit);
  const page = { after, limit: PAGE + 1 };
  const [numbers, total] = await Promise.all([
    numbersOf(visit, group, { list, text, at, page }),
    text === '' ? totalOf(visit, group, { list, at }) : null,
  ]);
  const rows = await describeShownMembers(database, group.row.n, numbers.slice(0, PAGE));
  const said = { list: list === 'direct' ? null : list, q: text, at };
  return {
    ...{ list, text, at, rows, total },
    paging: {
      first: after === 0 ? null : addressOf(`${group.path}/members`, said),
      next:
        numbers.length > PAGE
          ? addressOf(`${group.path}/members`, { ...said, after: numbers[PAGE - 1] })
          : null,
    },
  };
}

async function totalOf(
  visit: Visit,
  group: OpenGroup,
  { list, at }: Pick<Asked, 'list' | 'at'>,
): Promise<number> {
  if (at === null) return countOf(visit.parts, group, list);
  const past = { group: await pastOf(visit, group, at), list, at };
  return countPastMembers(visit.parts.directory.database, past);
}

interface Asked {
  readonly list: MembersList;
  readonly text: string;
  readonly at: Moment | null;
  readonly page: { readonly after: number; readonly limit: number };
}

async function numbersOf(
  visit: Visit,
  group: OpenGroup,
  { list, text, at, page }: Asked,
): Promise<readonly number[]> {
  const { database } = visit.parts.directory;
  if (at !== null) {
    const rows = await pastMembersPage(database, { group: await pastOf(visit, group, at), list, at }, page);
    return rows.map(({ n }) => n);
  }
  if (text !== '') {
    return matchingMembers(database, group.row.n, { pattern: anyPart(foldName(text)), ...page });
  }
  const read = list === 'direct' ? directMembersPage : effectiveMembersPage;
  return (await read(database, group.row.n, page)).map(({ n }) => n);
}

async function pastOf({ parts }: Visit, { row }: OpenGroup, at: Moment) {
  const past = await findPastGroup(parts.directory.database, row.id, at);
  if (past === null) throw new Refusal('history.unknown', { at, why: 'the group was not there yet.' });
  return past.n;
}

/** The moment of the query: what a field for date and time sends is UTC. Refuses `history.unknown`. */
export async function momentOf({ parts, query }: Visit): Promise<Moment | null> {
  const text = (query.get('at') ?? '').trim();
  if (text === '') return null;
  const whole = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/.test(text) ? `${text}Z` : text;
  return readMoment(whole, await readKeptHistory(parts.directory.database, parts.historyDays));
}
