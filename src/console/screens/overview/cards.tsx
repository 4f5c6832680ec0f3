/** The parts of the overview. */
import type { RunRow } from '../../../store/feeds/run-rows.ts';
import type { DirectoryFigures, GrowthRow } from '../../../store/screens/overview.ts';
import type { TargetLag } from '../../../targets/admin/lag.ts';
import { Badge, type BadgeTone } from '../../components/badge.tsx';
import { LinkButton } from '../../components/button.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { Card } from '../../components/details.tsx';
import { Empty } from '../../components/empty.tsx';
import { Figures } from '../../components/figures.tsx';
import { Moment } from '../../components/moment.tsx';
import { Picture } from '../../components/picture.tsx';
import { useTexts } from '../../frame/here.ts';
import { ModeBadge } from '../targets/badges.tsx';
import { drawGrowth } from './growth.ts';
import { drawLag } from './lag.ts';

/** Beyond these nobody compares bars; the table has all. */
const MOST_BARS = 20;

/** Something that a person has to look at. */
export interface Need {
  readonly what: string;
  readonly why: string;
  readonly href: string;
}

/** What needs a person. */
export function NeedsCard({ needs }: { readonly needs: readonly Need[] }) {
  const { overview: t } = useTexts();
  return (
    <Card title={t.needs}>
      {needs.length === 0 ? (
        <Empty title={t.nothing}>{t.nothingNext}</Empty>
      ) : (
        <ul class="needs">
          {needs.map(({ what, why, href }, at) => (
            <li key={at}>
              <span>
                <span class="strong">{what}</span>
                {why === '' ? null : <span class="under">{why}</span>}
              </span>
              <LinkButton href={href} tone="plain" size="small" label={t.lookAt(what)}>
                {t.look}
              </LinkButton>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

/** How much there is. */
export function FiguresCard({ figures }: { readonly figures: DirectoryFigures }) {
  const { overview: t } = useTexts();
  const told = (name: string, value: number) => ({ name, value: value.toLocaleString('en') });
  return (
    <Card>
      <Figures
        items={[
          { ...told(t.users, figures.users), href: '/users' },
          told(t.stubs, figures.stubs),
          { ...told(t.groups, figures.groups), href: '/groups' },
          told(t.memberships, figures.memberships),
        ]}
      />
    </Card>
  );
}

/** What each target is behind with. */
export function TargetsCard({ targets }: { readonly targets: readonly TargetLag[] }) {
  const { overview: t } = useTexts();
  return (
    <Card title={t.targets}>
      {targets.length === 0 ? (
        <Empty title={t.noTarget}>{t.noTargetNext}</Empty>
      ) : (
        <>
          {targets.every(({ toSend, blocked }) => toSend.count + blocked === 0) ? null : (
            <Picture svg={drawLag(targets.slice(0, MOST_BARS))} label={t.lagPicture} />
          )}
          <TargetsTable targets={targets} />
        </>
      )}
    </Card>
  );
}

function TargetsTable({ targets }: { readonly targets: readonly TargetLag[] }) {
  const { overview: t, targets: words } = useTexts();
  return (
    <DataTable
      caption={t.targets}
      rows={targets}
      keyOf={({ id }) => id}
      columns={[
        { head: t.target, kind: 'name', cell: ({ id, name }) => <a href={`/targets/${id}`}>{name}</a> },
        { head: t.mode, cell: ({ mode }) => <ModeBadge mode={mode} /> },
        {
          head: words.behind,
          cell: ({ toSend }) =>
            toSend.count === 0 && !toSend.isAtLeast ? (
              <Badge tone="good">{words.upToDate}</Badge>
            ) : (
              <>
                <Badge tone="warn">{words.counted(toSend)}</Badge>
                {toSend.since === null ? null : (
                  <span class="under">
                    {words.waitsSince} <Moment at={new Date(toSend.since)} />
                  </span>
                )}
              </>
            ),
        },
        ...(targets.every(({ blocked }) => blocked === 0)
          ? []
          : [{ head: words.trouble, kind: 'number' as const, cell: ({ blocked }: TargetLag) => blocked }]),
      ]}
    />
  );
}

const runTones: Partial<Record<RunRow['state'], BadgeTone>> = {
  applied: 'good',
  held: 'warn',
  rejected: 'bad',
};

/** The imports of late. */
export function RunsCard({ runs }: { readonly runs: readonly RunRow[] }) {
  const { overview: t } = useTexts();
  return (
    <Card title={t.runs}>
      {runs.length === 0 ? (
        <Empty title={t.noRun}>{t.noRunNext}</Empty>
      ) : (
        <DataTable
          caption={t.runs}
          rows={runs}
          keyOf={({ id }) => id}
          columns={[
            { head: t.file, kind: 'name', cell: ({ id, file }) => <a href={`/imports/${id}`}>{file}</a> },
            {
              head: t.state,
              cell: ({ state }) => <Badge tone={runTones[state] ?? 'info'}>{state}</Badge>,
            },
            { head: t.at, cell: (run) => <Moment at={run.created_at} /> },
          ]}
        />
      )}
    </Card>
  );
}

/** How the directory grew. */
export function GrowthCard({ rows }: { readonly rows: readonly GrowthRow[] }) {
  const { overview: t } = useTexts();
  const last = rows.at(-1);
  if (last === undefined) return null;
  return (
    <Card title={t.growth}>
      <p class="legend">
        <span class="key users">{t.users}</span> <span class="key groups">{t.groups}</span>
      </p>
      <Picture svg={drawGrowth(rows)} label={t.growthPicture(rows.length, last.users, last.groups)} />
      <details class="aside">
        <summary>{t.growthTable}</summary>
        <DataTable
          caption={t.growth}
          rows={rows.filter((_, at) => at % 7 === (rows.length - 1) % 7)}
          keyOf={({ day }) => day.toISOString()}
          columns={[
            { head: t.day, kind: 'name', cell: ({ day }) => day.toISOString().slice(0, 10) },
            { head: t.users, kind: 'number', cell: ({ users }) => users },
            { head: t.groups, kind: 'number', cell: ({ groups }) => groups },
          ]}
        />
      </details>
    </Card>
  );
}

/** What to do with an empty directory. */
export function FirstSteps() {
  const t = useTexts().overview.first;
  const steps = [
    { href: '/clients/new', text: t.client },
    { href: '/imports/new', text: t.file },
    { href: '/groups/new', text: t.group },
    { href: '/targets/new', text: t.target },
  ];
  return (
    <Card title={t.title}>
      <p>{t.lead}</p>
      <ol class="steps">
        {steps.map(({ href, text }) => (
          <li key={href}>
            <a href={href}>{text}</a>
          </li>
        ))}
      </ol>
      <p class="quiet">
        {t.demo} <code>npx muster demo</code>
      </p>
    </Card>
  );
}
