/** Why the visitor is in a group: the ways through groups of theirs, and who says so of them, and nothing besides. */
import type { GroupId } from '../../../core/ids.ts';
import { parseGroupId } from '../../../core/ids.ts';
import { Refusal } from '../../../core/refusal.ts';
import { type ExplainedWay, explain } from '../../../effective/explain.ts';
import { listOwnGroups } from '../../../store/effective/own-groups.ts';
import { Card } from '../../components/details.tsx';
import { Moment } from '../../components/moment.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { useTexts } from '../../frame/here.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { SHOWN_GROUPS } from './my-groups.tsx';

/** What the visitor's own groups are called: every other group on a way is one that is not shown (J-01). */
type OwnNames = ReadonlyMap<GroupId, string>;

/** GET /my-groups/:id/why. Refuses `group.not_found` for what is no group of theirs, whether it exists or not. */
export async function showOwnWhy({ parts, params, person, t }: Visit): Promise<ScreenAnswer> {
  const { database } = parts.directory;
  const id = parseGroupId(params.id ?? '');
  const mine: OwnNames = new Map(
    (await listOwnGroups(database, person.n, SHOWN_GROUPS)).map((group) => [group.id, group.name]),
  );
  const name = id === null ? undefined : mine.get(id);
  if (id === null || name === undefined) throw new Refusal('group.not_found', { group: params.id ?? '' });
  const explanation = await database.transaction((tx) => explain(tx, person.id, id), {
    isolation: 'repeatable read',
    readOnly: true,
  });
  const { shown, total } = explanation.paths;
  const title = t.own.whyPage.title(name);
  return {
    kind: 'page',
    title,
    at: '/my-groups',
    crumb: t.own.why,
    crumbs: [{ text: t.own.title, href: '/my-groups' }],
    body: (
      <>
        <PageHeader title={title} lead={t.own.whyPage.lead} />
        <Card title={t.own.whyPage.paths(shown, total)}>
          <ul class="tree">
            <li>
              {name}
              <Ways ways={explanation.via} mine={mine} />
            </li>
          </ul>
        </Card>
      </>
    ),
  };
}

function Ways({ ways, mine }: { readonly ways: readonly ExplainedWay[]; readonly mine: OwnNames }) {
  const t = useTexts().own.whyPage;
  return (
    <ul>
      {ways.map((way, at) => (
        <li key={at}>
          {way.kind === 'nested' ? (
            <>
              {mine.get(way.group.id) ?? t.notShown}
              <Ways ways={way.via} mine={mine} />
            </>
          ) : (
            <>
              <span class="strong">{way.rule === null ? t.listed : t.ruled}</span>
              <span class="under">
                {way.sources.map(({ source, since }) => (
                  <span key={source}>
                    {t.saidBy(source)}, <Moment at={since} />{' '}
                  </span>
                ))}
              </span>
            </>
          )}
        </li>
      ))}
    </ul>
  );
}
