/** One file: how far it is, what became of it and of each of its rows. */
import { isUuid } from '../../../core/ids.ts';
import { may } from '../../../core/policies.ts';
import { Refusal } from '../../../core/refusal.ts';
import { countsOf, rejectsText } from '../../../sources/feeds/filing.ts';
import { listOutcomes, type OutcomeRow } from '../../../store/feeds/outcomes.ts';
import { findRun, isEnded, type RunRow } from '../../../store/feeds/run-rows.ts';
import { findPlan, type PlanRow } from '../../../store/plans/plans.ts';
import { addressOf, numberIn, wordIn } from '../../address.ts';
import { LinkButton } from '../../components/button.tsx';
import { Card, Details } from '../../components/details.tsx';
import type { Paging } from '../../components/data-table.tsx';
import { Figures } from '../../components/figures.tsx';
import { ExactMoment, Moment } from '../../components/moment.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Remark } from '../../components/notice-box.tsx';
import { Live, Progress } from '../../components/progress.tsx';
import { WayTo } from '../../components/way-to.tsx';
import { useHere, useTexts } from '../../frame/here.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { affectedOf, Affected, type AffectedBy } from '../plans/affected.tsx';
import { Decision } from '../plans/decision.tsx';
import { WhyHeld } from '../plans/guards.tsx';
import { RunBadges } from './badge.tsx';
import { outcomes, RowTable, type RowOutcomeName } from './rows.tsx';

const PAGE = 100;
const RELOAD_SECONDS = 2;

/** GET /imports/:id */
export async function showRun(visit: Visit): Promise<ScreenAnswer> {
  const { parts, params, query, t } = visit;
  const { database } = parts.directory;
  const run = await requireRun(visit);
  const outcome = wordIn(query, 'outcome', outcomes);
  const after = numberIn(query, 'after');
  const [rows, plan] = await Promise.all([
    listOutcomes(database, { run: run.n, after: after ?? 0, limit: PAGE + 1, outcome }),
    run.plan === null ? null : findPlan(database, run.plan),
  ]);
  const isLive = !isEnded(run.state);
  const path = `/imports/${params.id ?? ''}`;
  const at = (last: number | null): string => addressOf(path, { outcome, after: last });
  const shown = rows.slice(0, PAGE);
  const paging = {
    first: after === null ? null : at(null),
    next: rows.length > PAGE ? at(shown.at(-1)?.line ?? null) : null,
  };
  const affected = plan?.state === 'held' ? await affectedOf(database, plan) : null;
  return {
    kind: 'page',
    title: run.file,
    at: '/imports',
    crumbs: [{ text: t.imports.title, href: '/imports' }],
    ...(isLive ? { refresh: RELOAD_SECONDS } : {}),
    body: (
      <Live id="run" path={path} isLive={isLive}>
        <Run {...{ run, plan, affected, outcome, paging }} rows={shown} />
      </Live>
    ),
  };
}

/** GET /imports/:id/rejects.csv */
export async function getRejects(visit: Visit): Promise<ScreenAnswer> {
  const run = await requireRun(visit);
  let body = '';
  for await (const part of rejectsText(visit.parts.directory.database, run)) body += part;
  const name = `${run.file.replace(/\.csv$/i, '')}.rejects.csv`;
  return { kind: 'file', name, type: 'text/csv; charset=utf-8', body };
}

async function requireRun({ parts, params }: Visit): Promise<RunRow> {
  const id = params.id ?? '';
  const run = isUuid(id) ? await findRun(parts.directory.database, id) : null;
  if (run === null) throw new Refusal('import.not_found', { import: id });
  return run;
}

interface RunProps {
  readonly run: RunRow;
  readonly plan: PlanRow | null;
  readonly affected: AffectedBy | null;
  readonly rows: readonly OutcomeRow[];
  readonly outcome: RowOutcomeName | null;
  readonly paging: Paging;
}

function Run({ run, plan, affected, rows, outcome, paging }: RunProps) {
  const { t } = useHere();
  const { refused } = countsOf(run);
  const rejects = (refused ?? 0) > 0 && run.finished_at !== null;
  return (
    <div class="parts">
      <PageHeader
        title={run.file}
        beside={<RunBadges run={run} />}
        {...(rejects
          ? {
              actions: (
                <LinkButton tone="plain" href={`/imports/${run.id}/rejects.csv`}>
                  {t.imports.run.rejects}
                </LinkButton>
              ),
            }
          : {})}
      />
      <Outcome run={run} />
      {plan?.state !== 'held' || affected === null ? null : <Held plan={plan} affected={affected} />}
      <Card>
        <Counts run={run} />
        <Facts run={run} plan={plan} />
      </Card>
      <RowTable {...{ run, rows, outcome, paging }} />
    </div>
  );
}

/** What there is to say of a run before anything else. */
function Outcome({ run }: { readonly run: RunRow }) {
  const t = useTexts().imports.run;
  if (!isEnded(run.state)) {
    return (
      <Remark tone="remark" title={t.underWay}>
        <Progress label={t.progress} done={run.rows_done} total={run.rows_total} />
      </Remark>
    );
  }
  return (
    <>
      {run.error === null ? null : (
        <Remark tone="problem" title={t.rejectedTitle}>
          <p>{run.error.detail}</p>
        </Remark>
      )}
      {run.dry_run ? (
        <Remark tone="remark" title={t.trialTitle}>
          <p>
            {t.trialNext} <a href={addressOf('/imports/new', { source: run.source })}>{t.again}</a>
          </p>
        </Remark>
      ) : null}
      {run.notes.length === 0 ? null : (
        <Remark tone="held" title={t.notes}>
          {run.notes.map(({ code, detail }) => (
            <p key={code}>{detail}</p>
          ))}
        </Remark>
      )}
    </>
  );
}

function Held({ plan, affected }: { readonly plan: PlanRow; readonly affected: AffectedBy }) {
  const { t, session } = useHere();
  const mayDecide = session !== null && may('approve-plan', session.person);
  return (
    <>
      <Remark tone="held" title={t.imports.run.heldTitle}>
        <p>{mayDecide ? t.imports.run.heldNext : t.imports.run.heldReader}</p>
        <WhyHeld plan={plan} />
      </Remark>
      <Affected plan={plan} affected={affected} />
      {mayDecide ? <Decision plan={plan} back={`/imports/${plan.import ?? ''}`} /> : null}
    </>
  );
}

function Counts({ run }: { readonly run: RunRow }) {
  const { imports: t } = useTexts();
  if (run.finished_at === null) return null;
  const counts = countsOf(run);
  return (
    <Figures
      items={[
        { name: t.run.total, value: counts.total ?? 0 },
        ...outcomes.map((name) => ({ name: t.rowOutcomes[name], value: counts[name] ?? 0 })),
      ]}
    />
  );
}

function Facts({ run, plan }: { readonly run: RunRow; readonly plan: PlanRow | null }) {
  const { imports: t, plans } = useTexts();
  const delimiter = run.delimiter === null ? null : (t.run.delimiters[run.delimiter] ?? run.delimiter);
  const layout = [run.format, run.encoding, delimiter].filter((part) => part !== null);
  const seconds =
    run.finished_at === null ? null : (run.finished_at.getTime() - run.created_at.getTime()) / 1_000;
  return (
    <Details
      items={[
        { name: t.source, value: run.source },
        { name: t.run.mode, value: t.run.modes[run.mode] },
        { name: t.run.arrived, value: <ExactMoment at={run.created_at} /> },
        ...(run.finished_at === null
          ? []
          : [
              {
                name: t.run.finished,
                value: (
                  <>
                    <Moment at={run.finished_at} /> <span class="quiet">({seconds?.toFixed(1)} s)</span>
                  </>
                ),
              },
            ]),
        ...(layout.length === 0 ? [] : [{ name: t.run.layout, value: layout.join(' · ') }]),
        ...(run.sha256 === null ? [] : [{ name: t.run.sha256, value: <code>{run.sha256}</code> }]),
        ...(run.attempts > 1 ? [{ name: t.run.attempts, value: t.run.attemptsTimes(run.attempts) }] : []),
        ...(plan === null
          ? []
          : [
              {
                name: t.run.plan,
                value: (
                  <WayTo href={`/plans/${plan.id}`}>{`${plan.title}: ${plans.states[plan.state]}`}</WayTo>
                ),
              },
            ]),
      ]}
    />
  );
}
