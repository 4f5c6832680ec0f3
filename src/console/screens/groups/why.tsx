/** Why is somebody in a group, or not; and what would end it (D-20 to D-22). */
import { parseUserId, type UserId } from '../../../core/ids.ts';
import { explain, explainAt } from '../../../effective/explain.ts';
import { findUsersCalled } from '../../../store/lookup.ts';
import { suggestUsers } from '../../../store/screens/suggestions.ts';
import { addressOf } from '../../address.ts';
import { LinkButton } from '../../components/button.tsx';
import { Card } from '../../components/details.tsx';
import { SearchBox } from '../../components/search-box.tsx';
import { drawGraph } from '../../graph.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { openGroup } from './access.ts';
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
        <Card title={t.members.whyPage.title}>
          <p class="quiet">{t.members.whyPage.lead}</p>
          <SearchBox action={path} label={t.members.whyPage.search} value={typed} results="found" />
          <div id="found" class="results">
            {typed === '' ? null : found.length === 0 ? (
              <p role="status">{t.members.add.nothing(typed)}</p>
            ) : (
              <ul class="suggestions">
                {found.map(({ id, name, about }) => (
                  <li key={id}>
                    <span>
                      <span class="strong">{name}</span>
                      {about === null ? null : <span class="under">{about}</span>}
                    </span>
                    <LinkButton
                      href={addressOf(path, { user: id })}
                      tone="plain"
                      size="small"
                      label={t.members.whyPage.pickLabel(name)}
                    >
                      {t.members.whyPage.pick}
                    </LinkButton>
                  </li>
                ))}
              </ul>
            )}
          </div>
        </Card>
        {user === null ? null : await explainedOf(visit, user, group.row.id)}
      </>
    ),
  });
}

async function explainedOf(visit: Visit, user: UserId, group: Parameters<typeof explain>[2]) {
  const { database } = visit.parts.directory;
  const at = await momentOf(visit);
  const explanation = await database.transaction(
    (tx) => (at === null ? explain(tx, user, group) : explainAt(tx, { user, group, at })),
    { isolation: 'repeatable read', readOnly: true },
  );
  const [named] = await findUsersCalled(database, user);
  const name = named?.name ?? user;
  const { rule } = visit.t.members.whyPage;
  const picture = explanation.isMember ? await drawGraph(whyGraph(explanation, { user: name, rule })) : null;
  return <Explained explanation={explanation} picture={picture} user={{ id: user, name }} />;
}
