import type { HistoryRow } from '../../store/screens/history.ts';
import { useTexts } from '../frame/here.ts';
import { Moment } from './moment.tsx';

export interface LogEntriesProps {
  readonly rows: readonly HistoryRow[];
  /** What the page is about, and need not be said in each entry. */
  readonly about?: 'group';
}

/** Entries of the log: what happened, by whom, from where, and what changed. */
export function LogEntries({ rows, about }: LogEntriesProps) {
  return (
    <ol class="log">
      {rows.map((row) => (
        <li key={row.seq}>
          <Entry row={row} about={about} />
        </li>
      ))}
    </ol>
  );
}

function Entry({ row, about }: { readonly row: HistoryRow; readonly about: 'group' | undefined }) {
  const { log: t } = useTexts();
  return (
    <>
      <p class="log-head">
        <span class="strong">{t.what[row.type] ?? row.type}</span>{' '}
        {row.group === null || about === 'group' ? null : (
          <a href={`/groups/${row.group.id}`}>{row.group.name}</a>
        )}{' '}
        {row.user === null ? null : <a href={`/users/${row.user.id}`}>{row.user.name}</a>}
        {row.group === null && row.user === null ? nameOf(row) : null}
      </p>
      <p class="quiet small">
        <Moment at={row.at} /> {t.by} {row.actor}
        {row.source === null || row.source === row.actor ? null : `, ${t.from} ${row.source}`}
        {row.origin_kind === 'file' ? (
          <>
            , <code>{row.origin}</code>
          </>
        ) : null}
      </p>
      <Moved label={t.came} names={row.added} count={row.added_count} />
      <Moved label={t.went} names={row.removed} count={row.removed_count} />
      {row.reason === null ? null : (
        <p>
          <span class="quiet">{t.reason}:</span> {row.reason}
        </p>
      )}
      <Changes before={row.before} after={row.after} />
    </>
  );
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
}: {
  readonly label: string;
  readonly names: readonly string[];
  readonly count: number;
}) {
  const { log: t } = useTexts();
  if (count === 0) return null;
  return (
    <p>
      <span class="quiet">{label}:</span> {names.join(', ')}{' '}
      {count > names.length ? t.more(count - names.length) : null}
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
