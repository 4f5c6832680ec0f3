/** An explanation as a tree in words. */
import type { ExplainedWay, Explanation } from '../../../effective/explain.ts';
import type { Assertion } from '../../../effective/explanation/sub-graph.ts';
import { Badge } from '../../components/badge.tsx';
import { Card } from '../../components/details.tsx';
import { Moment } from '../../components/moment.tsx';
import type { Ending } from '../../../store/screens/endings.ts';
import { Remark } from '../../components/notice-box.tsx';
import { Picture } from '../../components/picture.tsx';
import { WayTo } from '../../components/way-to.tsx';
import { useTexts } from '../../frame/here.ts';
import type { OpenGroup } from './access.ts';
import { Endings } from './why-endings.tsx';

export interface ExplainedProps {
  readonly explanation: Explanation;
  /** The ways drawn; null where nobody is a member. */
  readonly picture: string | null;
  readonly user: { readonly id: string; readonly name: string };
  /** What put them out of it, of those who are not in it now. */
  readonly endings: readonly Ending[];
  readonly open: OpenGroup;
}

/** The answer, then the ways that lead to it, or what stands in the way. */
export function Explained({ explanation, picture, user, endings, open }: ExplainedProps) {
  const t = useTexts().members.whyPage;
  const { isMember, group, at } = explanation;
  const answer =
    at === null
      ? (isMember ? t.yes : t.no)(user.name, group.name)
      : (isMember ? t.was : t.wasNot)(user.name, group.name, at);
  return (
    <>
      <Remark tone={isMember ? 'done' : 'remark'} title={answer}>
        {isMember ? <p>{t.paths(explanation.paths.shown, explanation.paths.total)}</p> : null}
      </Remark>
      {picture === null ? null : (
        <Card title={t.drawn}>
          <Picture svg={picture} label={t.picture(user.name, group.name)} />
        </Card>
      )}
      {isMember ? (
        <div class="columns">
          <Card title={t.because}>
            <ul class="tree">
              <li>
                <a href={`/groups/${group.id}`}>{group.name}</a>
                <Ways ways={explanation.via} user={user.name} />
              </li>
            </ul>
          </Card>
          {at === null ? <Ends explanation={explanation} user={user.name} /> : null}
        </div>
      ) : (
        <>
          <Endings endings={endings} user={user.name} group={open} />
          <Against explanation={explanation} />
        </>
      )}
    </>
  );
}

function Ways({ ways, user }: { readonly ways: readonly ExplainedWay[]; readonly user: string }) {
  const t = useTexts().members.whyPage;
  return (
    <ul>
      {ways.map((way, at) => (
        <li key={at}>
          {way.kind === 'direct' ? (
            <>
              <span class="strong">{user}</span> {way.rule === null ? t.listed : t.ruled(way.rule)}
            </>
          ) : (
            <>
              <WayTo href={`/groups/${way.group.id}`}>{way.group.name}</WayTo>{' '}
              <span class="sr">{t.nested(way.group.name)}</span>
            </>
          )}
          <Sources sources={way.sources} />
          {way.kind === 'nested' ? <Ways ways={way.via} user={user} /> : null}
        </li>
      ))}
    </ul>
  );
}

function Sources({ sources }: { readonly sources: readonly Assertion[] }) {
  const t = useTexts().members.whyPage;
  return (
    <span class="under">
      {sources.map(({ source, since, origin }) => (
        <span key={source}>
          {t.assertedBy(source)}
          {origin?.kind !== 'file' ? null : (
            <>
              {', '}
              <code>{t.file(origin.name, origin.line)}</code>
            </>
          )}
          {', '}
          <Moment at={since} />{' '}
        </span>
      ))}
    </span>
  );
}

function Ends({
  explanation: { endedBy, group: own },
  user,
}: {
  readonly explanation: Explanation;
  readonly user: string;
}) {
  const t = useTexts().members.whyPage;
  return (
    <Card title={t.ends}>
      <p class="quiet">{t.endsLead}</p>
      <ul>
        {endedBy.map(({ group, member, isAutomatic }) => (
          <li key={`${group.id} ${member.id}`}>
            <WayTo href={`/groups/${group.id}/members`} isOpen={group.id === own.id}>
              {(isAutomatic ? t.endChange : t.endRemoval)(
                member.type === 'user' ? user : member.name,
                group.name,
              )}
            </WayTo>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Against({ explanation: { whyNot } }: { readonly explanation: Explanation }) {
  const t = useTexts().members.whyPage;
  return (
    <Card title={t.whyNot}>
      <ul class="plain">
        {whyNot.map(({ reason, nearest, terms }, at) => (
          <li key={at}>
            {t.reasons[reason]}
            {terms === undefined || terms.length === 0 ? null : (
              <span class="under">
                {t.terms}{' '}
                {terms.map((term) => (
                  <code key={term}>{term}</code>
                ))}
              </span>
            )}
            {nearest.length === 0 ? null : (
              <span class="under">
                {t.nearest}{' '}
                <span class="badges">
                  {nearest.map(({ id, name }) => (
                    <WayTo key={id} href={`/groups/${id}`}>
                      <Badge>{name}</Badge>
                    </WayTo>
                  ))}
                </span>
              </span>
            )}
          </li>
        ))}
      </ul>
    </Card>
  );
}
