/** What put somebody out of a group: when, by whom, by which line of which file, and by whose approval. */
import { may } from '../../../core/policies.ts';
import type { Ending } from '../../../store/screens/endings.ts';
import { Card } from '../../components/details.tsx';
import { Provenance } from '../../components/log-entries.tsx';
import { ExactMoment } from '../../components/moment.tsx';
import { useHere } from '../../frame/here.ts';
import type { OpenGroup } from './access.ts';

export interface EndingsProps {
  readonly endings: readonly Ending[];
  readonly user: string;
  readonly group: OpenGroup;
}

export function Endings({ endings, user, group }: EndingsProps) {
  const {
    t: {
      members: { whyPage: t },
    },
  } = useHere();
  if (endings.length === 0) return null;
  return (
    <Card title={t.ended}>
      <ol class="log">
        {endings.map((ending) => (
          <li key={ending.what}>
            <p class="log-head">
              {ending.group === null ? (
                t.wasActive(user)
              ) : (
                <>
                  {t.wasListed(user)} <a href={`/groups/${ending.group.id}`}>{ending.group.name}</a>
                </>
              )}{' '}
              {t.until} <ExactMoment at={ending.until} />.
            </p>
            {ending.entry?.origin_kind === 'file' ? (
              <p>
                {ending.line === null
                  ? t.byNoLine(ending.entry.origin ?? '')
                  : t.byLine(ending.entry.origin ?? '', ending.line)}
              </p>
            ) : null}
            {ending.entry === null ? null : <Provenance row={ending.entry} />}
            <Whole ending={ending} group={group} />
          </li>
        ))}
      </ol>
    </Card>
  );
}

/** The way to the entry of the log, for those who may see it. */
function Whole({
  ending: { entry, group: of },
  group,
}: {
  readonly ending: Ending;
  readonly group: OpenGroup;
}) {
  const { t, session } = useHere();
  if (entry === null || session === null) return null;
  const seesAll = may('read-audit', session.person);
  const seesOwn = of?.n === group.row.n && group.may('see-log');
  if (!seesAll && !seesOwn) return null;
  const href = seesOwn ? `${group.path}/history/${entry.seq}` : `/activity/entries/${entry.seq}`;
  return (
    <p>
      <a href={href}>{t.log.entry}</a>
    </p>
  );
}
