/** What put somebody out of a group: when, by whom, by which line of which file, and by whose approval. */
import type { Person } from '../../../core/actor.ts';
import { may } from '../../../core/policies.ts';
import type { Ending } from '../../../store/screens/endings.ts';
import { Card } from '../../components/details.tsx';
import { Provenance } from '../../components/log-entries.tsx';
import { ExactMoment } from '../../components/moment.tsx';
import { WayTo } from '../../components/way-to.tsx';
import { useHere, useTexts } from '../../frame/here.ts';
import type { OpenGroup } from './access.ts';

export interface EndingsProps {
  readonly endings: readonly Ending[];
  readonly user: string;
  readonly group: OpenGroup;
}

export function Endings({ endings, user, group }: EndingsProps) {
  const { t: texts, session } = useHere();
  const t = texts.members.whyPage;
  if (endings.length === 0) return null;
  return (
    <Card title={t.ended}>
      <ol class="log">
        {endings.map((ending) => {
          const whole = session === null ? null : wholeEntry(ending, group, session.person);
          return (
            <li key={ending.what}>
              <p class="log-head">
                {ending.group === null ? (
                  t.wasActive(user)
                ) : (
                  <>
                    {t.wasListed(user)} <WayTo href={`/groups/${ending.group.id}`}>{ending.group.name}</WayTo>
                  </>
                )}{' '}
                {t.until} <ExactMoment at={ending.until} />.
              </p>
              {ending.group === null && whole === null ? null : <File ending={ending} />}
              {ending.entry === null || whole === null ? null : (
                <>
                  <Provenance row={ending.entry} />
                  <p>
                    <a href={whole}>{texts.log.entry}</a>
                  </p>
                </>
              )}
            </li>
          );
        })}
      </ol>
    </Card>
  );
}

/** The file that a membership ended by, as Why? tells of one that lasts (D-20). */
function File({ ending: { entry, line } }: { readonly ending: Ending }) {
  const t = useTexts().members.whyPage;
  if (entry?.origin_kind !== 'file') return null;
  const file = entry.origin ?? '';
  return <p>{line === null ? t.byNoLine(file) : t.byLine(file, line)}</p>;
}

/** Where the entry of the log is told whole; null for those who may not see it. */
function wholeEntry({ entry, group: of }: Ending, group: OpenGroup, person: Person): string | null {
  if (entry === null) return null;
  if (of?.n === group.row.n && group.may('see-log')) return `${group.path}/history/${entry.seq}`;
  return may('read-audit', person) ? `/activity/entries/${entry.seq}` : null;
}
