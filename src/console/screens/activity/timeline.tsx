/** One timeline of all that happened, with filters; the log is the audit (D-40). */
import { Readable } from 'node:stream';
import { parseGroupId, parseUserId } from '../../../core/ids.ts';
import { findGroupRef, findUserRef } from '../../../store/effective/refs.ts';
import { nameGroups, nameUsers } from '../../../store/lookup.ts';
import { type ActivityFilter, type HistoryRow, listActivity } from '../../../store/screens/history.ts';
import { listSourceNames } from '../../../store/sources.ts';
import { addressOf, numberIn } from '../../address.ts';
import { Button, LinkButton } from '../../components/button.tsx';
import { Pager, type Paging } from '../../components/data-table.tsx';
import { Card } from '../../components/details.tsx';
import { Empty } from '../../components/empty.tsx';
import { SelectField, TextField } from '../../components/field.tsx';
import { Filters } from '../../components/filters.tsx';
import { Form } from '../../components/form.tsx';
import { LogEntries } from '../../components/log-entries.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { useTexts } from '../../frame/here.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';

const PAGE = 50;
const EXPORTED_AT_ONCE = 500;

/** What was asked for, as the address has it. */
interface Asked {
  readonly type: string;
  readonly source: string;
  readonly until: string;
  readonly group: string;
  readonly user: string;
}

interface ReadFilter {
  readonly filter: ActivityFilter;
  readonly asked: Asked;
  /** Name of the group or user that it is about. */
  readonly about: string | null;
}

/** GET /activity */
export async function showActivity(visit: Visit): Promise<ScreenAnswer> {
  const { parts, query, t } = visit;
  const { database } = parts.directory;
  const { filter, asked, about } = await readFilter(visit);
  const before = numberIn(query, 'before');
  const [rows, sources] = await Promise.all([
    listActivity(database, filter, { before, limit: PAGE + 1 }),
    listSourceNames(database),
  ]);
  const shown = rows.slice(0, PAGE);
  const at = (last: number | null): string => addressOf('/activity', { ...asked, before: last });
  const paging = {
    first: before === null ? null : at(null),
    next: rows.length > PAGE ? at(shown.at(-1)?.seq ?? null) : null,
  };
  return {
    kind: 'page',
    title: t.activity.title,
    at: '/activity',
    body: <Timeline rows={shown} {...{ sources, asked, about, paging }} />,
  };
}

/** GET /activity/export: all that fits, one JSON object a line. */
export async function exportActivity(visit: Visit): Promise<ScreenAnswer> {
  const { filter } = await readFilter(visit);
  const name = `muster-activity-${visit.now.toISOString().slice(0, 10)}.ndjson`;
  return { kind: 'file', name, type: 'application/x-ndjson', body: Readable.from(linesOf(visit, filter)) };
}

async function* linesOf({ parts }: Visit, filter: ActivityFilter): AsyncGenerator<string> {
  let before: number | null = null;
  for (;;) {
    const page = { before, limit: EXPORTED_AT_ONCE };
    const rows: HistoryRow[] = await listActivity(parts.directory.database, filter, page);
    if (rows.length > 0) yield `${rows.map((row) => JSON.stringify(row)).join('\n')}\n`;
    before = rows.at(-1)?.seq ?? null;
    if (rows.length < EXPORTED_AT_ONCE) return;
  }
}

async function readFilter({ parts, query }: Visit): Promise<ReadFilter> {
  const { database } = parts.directory;
  const asked = {
    type: query.get('type') ?? '',
    source: query.get('source') ?? '',
    until: query.get('until') ?? '',
    group: query.get('group') ?? '',
    user: query.get('user') ?? '',
  };
  const [groupId, userId] = [parseGroupId(asked.group), parseUserId(asked.user)];
  const group = groupId === null ? null : await findGroupRef(database, groupId);
  const user = userId === null ? null : await findUserRef(database, userId);
  const named =
    group === null
      ? user === null
        ? null
        : (await nameUsers(database, [user.n])).get(user.n)
      : (await nameGroups(database, [group.n])).get(group.n);
  return {
    filter: {
      type: asked.type === '' ? null : asked.type,
      group: group?.n ?? null,
      user: user?.n ?? null,
      source: asked.source === '' ? null : asked.source,
      until: momentOf(asked.until),
    },
    asked,
    about: named?.name ?? null,
  };
}

/** A moment as a browser's field has it, which says nothing of a zone: UTC. */
function momentOf(text: string): Date | null {
  const at = new Date(`${text}Z`);
  return text === '' || Number.isNaN(at.getTime()) ? null : at;
}

interface TimelineProps {
  readonly rows: readonly HistoryRow[];
  readonly sources: readonly string[];
  readonly asked: Asked;
  readonly about: string | null;
  readonly paging: Paging;
}

function Timeline({ rows, sources, asked, about, paging }: TimelineProps) {
  const t = useTexts().activity;
  return (
    <>
      <PageHeader
        title={t.title}
        lead={t.lead}
        actions={
          <>
            <Form action="/activity/verify">
              <Button tone="plain">{t.verify}</Button>
            </Form>
            <LinkButton href={addressOf('/activity/export', { ...asked })} tone="plain">
              {t.export}
            </LinkButton>
          </>
        }
      />
      <Card>
        <Filters action="/activity">
          <SelectField
            name="type"
            label={t.type}
            value={asked.type}
            options={Object.entries(t.types).map(([value, text]) => ({ value, text }))}
          />
          <SelectField
            name="source"
            label={t.source}
            value={asked.source}
            options={[
              { value: '', text: t.allSources },
              ...sources.map((source) => ({ value: source, text: source })),
            ]}
          />
          <TextField
            name="until"
            type="datetime-local"
            label={t.until}
            hint={t.untilHint}
            value={asked.until}
          />
          {asked.group === '' ? null : <input type="hidden" name="group" value={asked.group} />}
          {asked.user === '' ? null : <input type="hidden" name="user" value={asked.user} />}
        </Filters>
        {about === null ? null : (
          <p>
            {t.only} <strong>{about}</strong>. <a href="/activity">{t.everything}</a>
          </p>
        )}
        {rows.length === 0 ? (
          <Empty title={t.none}>{t.noneNext}</Empty>
        ) : (
          <LogEntries rows={rows} whole={(seq) => `/activity/entries/${seq}`} />
        )}
        <Pager {...paging} />
      </Card>
    </>
  );
}
