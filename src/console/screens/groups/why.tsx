/** Why is somebody in a group, or not; and what would end it (D-20 to D-22). */
import { parseUserId, type UserId } from '../../../core/ids.ts';
import { explain, explainAt } from '../../../effective/explain.ts';
import { findUsersCalled } from '../../../store/lookup.ts';
import { listEndings } from '../../../store/screens/endings.ts';
import { suggestUsers } from '../../../store/screens/suggestions.ts';
import { PersonPicker } from '../../components/person-picker.tsx';
import { drawGraph } from '../../graph.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { type OpenGroup, openGroup } from './access.ts';
import { groupPage } from './frame.tsx';
import { momentOf } from './members.tsx';
import { whyGraph } from './why-graph.ts';
import { Explained } from './why-view.tsx';

const SUGGESTED = 8;

/** GET /groups/:id/why */
export async function showWhy(visit: Visit): Promise<ScreenAnswer> {
  const { parts, query, t } = visit;
  const { database } = parts.directory;
  const group = await openGroup(visit);
  const user = parseUserId(query.get('user') ?? '');
  const typed = query.get('q') ?? '';
  const found = await suggestUsers(database, typed, SUGGESTED);
  const path = `${group.path}/why`;
  return groupPage(visit, {
    group,
    tab: 'why',
    body: (
      <>
        <PersonPicker
          title={t.members.whyPage.title}
          lead={t.members.whyPage.lead}
          {...{ path, typed, found }}
        />
        {user === null ? null : await explainedOf(visit, user, group)}
      </>
    ),
  });
}

async function explainedOf(visit: Visit, user: UserId, open: OpenGroup) {
  const { database } = visit.parts.directory;
  const at = await momentOf(visit);
  const group = open.row.id;
  const explanation = await database.transaction(
    (tx) => (at === null ? explain(tx, user, group) : explainAt(tx, { user, group, at })),
    { isolation: 'repeatable read', readOnly: true },
  );
  const [named] = await findUsersCalled(database, user);
  const endings = explanation.isMember || at !== null ? [] : await listEndings(database, group, user);
  const name = named?.name ?? user;
  const { rule } = visit.t.members.whyPage;
  const picture = explanation.isMember ? await drawGraph(whyGraph(explanation, { user: name, rule })) : null;
  return <Explained {...{ explanation, picture, endings, open }} user={{ id: user, name }} />;
}
