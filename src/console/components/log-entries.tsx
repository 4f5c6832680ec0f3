import type { EntryPlan, EntrySubject, HistoryRow } from '../../store/screens/history.ts';
import { useTexts } from '../frame/here.ts';
import { Moment } from './moment.tsx';
import { Name } from './name.tsx';
import { WayTo } from './way-to.tsx';

export interface LogEntriesProps {
  readonly rows: readonly HistoryRow[];
  /** What the page is about, and need not be said in each entry. */
  readonly about?: 'group';
  /** Where an entry is told whole, by its number; absent where it names all that there is. */
  readonly whole?: (seq: number) => string;
}

/** Entries of the log: what happened, by whom, from where, by which plan, and what changed. */
export function LogEntries({ rows, about, whole }: LogEntriesProps) {
  return (
    <ol class="log">
      {rows.map((row) => (
        <li key={row.seq}>
          <Entry row={row} about={about} whole={whole?.(row.seq)} />
        </li>
      ))}
    </ol>
  );
}

interface EntryProps {
  readonly row: HistoryRow;
  readonly about: LogEntriesProps['about'];
  /** Address of the whole entry. */
  readonly whole: string | undefined;
}

function Entry({ row, about, whole }: EntryProps) {
  const { log: t } = useTexts();
  const { plan } = row;
  return (
    <>
      <p class="log-head">
        <span class="strong">{t.what[row.type] ?? row.type}</span>{' '}
        {row.group === null || about === 'group' ? null : <Subject of={row.group} section="groups" />}{' '}
        {row.user === null ? null : <Subject of={row.user} section="users" />}
        {row.group === null && row.user === null ? <About row={row} /> : null}
      </p>
      <Attribution row={row} />
      <Moved label={t.came} names={row.added} count={row.added_count} whole={whole} />
      <Moved label={t.went} names={row.removed} count={row.removed_count} whole={whole} />
      {plan === null ? null : <By plan={plan} row={row} />}
      <Reason row={row} />
      <Changes before={row.before} after={row.after} />
    </>
  );
}

interface SubjectProps {
  readonly of: EntrySubject;
  readonly section: 'groups' | 'users';
}

function Subject({ of: { id, name, gone }, section }: SubjectProps) {
  return (
    <WayTo href={gone ? null : `/${section}/${id}`}>
      <Name of={name} />
    </WayTo>
  );
}

/** When something happened, by whom, and from where. */
function Attribution({ row }: { readonly row: HistoryRow }) {
  const { log: t } = useTexts();
  return (
    <p class="quiet small">
      <Moment at={row.at} /> {isCarriedOut(row) ? t.for : t.by} {row.actor}
      {row.source === null || row.source === row.actor ? null : `, ${t.from} ${row.source}`}
      {row.origin_kind === 'file' ? (
        <>
          , <File name={row.origin ?? ''} plan={row.plan} />
        </>
      ) : null}
    </p>
  );
}

/** Where something came from, without saying what: when, by whom, by which plan, and why. */
export function Provenance({ row }: { readonly row: HistoryRow }) {
  return (
    <>
      <Attribution row={row} />
      {row.plan === null ? null : <By plan={row.plan} row={row} />}
      <Reason row={row} />
    </>
  );
}

/** That of an entry about a plan that was carried out stands with who approved it. */
function Reason({ row }: { readonly row: HistoryRow }) {
  const { log: t } = useTexts();
  if (row.reason === null || isCarriedOut(row)) return null;
  return (
    <p>
      <span class="quiet">{t.reason}:</span> {row.reason}
    </p>
  );
}

/** What was done for a feed that a person approved is not told as the feed's own doing. */
function isCarriedOut({ type, plan }: HistoryRow): boolean {
  return type === 'plan.applied' && plan?.decidedBy != null;
}

/** The file that an entry comes from; to those who may look, with its import. */
function File({ name, plan }: { readonly name: string; readonly plan: EntryPlan | null }) {
  const code = <code>{name}</code>;
  return plan?.import == null ? code : <WayTo href={`/imports/${plan.import}`}>{code}</WayTo>;
}

/** The plan that an entry came by, who approved it and why; of an entry about the plan itself what it does not say. */
function By({ plan, row }: { readonly plan: EntryPlan; readonly row: HistoryRow }) {
  const { log: t } = useTexts();
  const isAbout = row.type.startsWith('plan.');
  const approver = isAbout && !isCarriedOut(row) ? null : plan.decidedBy;
  return (
    <>
      {isAbout ? null : (
        <p>
          <span class="quiet">{t.plan}:</span> <PlanLink plan={plan} />
        </p>
      )}
      {approver === null ? null : (
        <p>
          <span class="quiet">{t.approvedBy}:</span> {approver}
          {plan.reason === null ? null : (
            <>
              , <span class="quiet">{t.because}</span> {plan.reason}
            </>
          )}
        </p>
      )}
    </>
  );
}

function PlanLink({ plan: { id, title } }: { readonly plan: EntryPlan }) {
  return <WayTo href={`/plans/${id}`}>{title}</WayTo>;
}

/** What an entry is about that is about neither a group nor a user. */
function About({ row }: { readonly row: HistoryRow }) {
  return row.plan === null ? <>{nameOf(row)}</> : <PlanLink plan={row.plan} />;
}

/** What an entry about neither a group nor a user is about: a client, a target, a provider, a plan. */
function nameOf({ before, after }: HistoryRow): string {
  const told = [after, before].flatMap((value) => {
    const fields = fieldsOf(value);
    return ['name', 'title', 'source'].map((name) => fields.get(name));
  });
  return told.find((name) => name !== undefined) ?? '';
}

function Moved({
  label,
  names,
  count,
  whole,
}: {
  readonly label: string;
  readonly names: readonly string[];
  readonly count: number;
  readonly whole: string | undefined;
}) {
  const { log: t } = useTexts();
  if (count === 0) return null;
  const rest = count - names.length;
  return (
    <p>
      <span class="quiet">{label}:</span> {names.join(', ')}{' '}
      {rest === 0 ? null : whole === undefined ? t.more(rest) : <a href={whole}>{t.more(rest)}</a>}
    </p>
  );
}

function Changes({ before, after }: Pick<HistoryRow, 'before' | 'after'>) {
  const { log: t } = useTexts();
  const rows = differences(before, after);
  if (rows.length === 0) return null;
  return (
    <details>
      <summary>{t.changes}</summary>
      <table class="changes">
        <thead>
          <tr>
            <th scope="col">{t.field}</th>
            <th scope="col">{t.before}</th>
            <th scope="col">{t.after}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, had, has }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{had}</td>
              <td>{has}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

interface Difference {
  readonly name: string;
  readonly had: string;
  readonly has: string;
}

function differences(before: unknown, after: unknown): Difference[] {
  const [had, has] = [fieldsOf(before), fieldsOf(after)];
  return [...new Set([...had.keys(), ...has.keys()])]
    .map((name) => ({ name, had: had.get(name) ?? '', has: has.get(name) ?? '' }))
    .filter((row) => row.had !== row.has);
}

function fieldsOf(value: unknown): ReadonlyMap<string, string> {
  if (typeof value !== 'object' || value === null) return new Map();
  return new Map(
    Object.entries(value).map(([name, field]) => [
      name,
      typeof field === 'string' ? field : JSON.stringify(field),
    ]),
  );
}
