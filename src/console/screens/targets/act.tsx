/** Testing, pushing, pausing, undoing, removing. */
import { Refusal } from '../../../core/refusal.ts';
import { isUuid } from '../../../core/ids.ts';
import {
  askForPush,
  type PushView,
  showPush,
  testTarget,
  type TargetTest,
} from '../../../targets/admin/pushing.ts';
import { planUndoSince } from '../../../targets/admin/undoing.ts';
import { pauseTarget, removeTarget, resumeTarget, showTarget } from '../../../targets/admin/verbs.ts';
import type { TargetStatus } from '../../../targets/admin/view.ts';
import { isConnectedType } from '../../../targets/connectors/types.ts';
import { redactExchange } from '../../../targets/exchange.ts';
import { LinkButton } from '../../components/button.tsx';
import { Card } from '../../components/details.tsx';
import { Confirmation } from '../../components/confirmation.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { Empty } from '../../components/empty.tsx';
import { ExactMoment } from '../../components/moment.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Remark } from '../../components/notice-box.tsx';
import { Live } from '../../components/progress.tsx';
import { useTexts } from '../../frame/here.ts';
import { seesPlans } from '../../frame/navigation.ts';
import { numberIn } from '../../address.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { ExchangeView } from './exchange.tsx';
import { inWords } from './failure-words.ts';
import { placeBelowTarget } from './frame.tsx';
import { showSettings } from './settings.tsx';

const HOUR_MS = 3_600_000;
const MOST_HOURS = 720;
const RELOAD_SECONDS = 2;

/** POST /targets/:id/test: says at once how it went; a reload tests again. */
export async function postTest({ parts, params, by, t }: Visit): Promise<ScreenAnswer> {
  const target = await showTarget(parts.targets, params.id ?? '');
  const test = await testTarget(parts.targets, target.id, by.actor.id);
  const title = t.targets.tested.title(target.name);
  return {
    kind: 'page',
    title,
    ...placeBelowTarget(t, target),
    body: (
      <>
        <PageHeader title={title} />
        <Tested test={test} path={`/targets/${target.id}`} />
      </>
    ),
  };
}

function Tested({
  test: { ok, says, exchanges, push },
  path,
}: {
  readonly test: TargetTest;
  readonly path: string;
}) {
  const { tested: t, failures } = useTexts().targets;
  return (
    <>
      <Remark tone={ok ? 'done' : 'problem'} title={ok ? t.ok : t.failed}>
        <p>{inWords(failures, says)}</p>
        {push === null ? null : (
          <p>
            {t.isBack} <a href={`${path}/pushes/${push}`}>{t.toPush}</a>
          </p>
        )}
      </Remark>
      <p class="actions">
        <LinkButton href={path}>{t.back}</LinkButton>
        {ok ? null : (
          <LinkButton href={`${path}/settings`} tone="plain">
            {t.settings}
          </LinkButton>
        )}
      </p>
      <Card title={t.exchanges}>
        {exchanges.length === 0 ? (
          <Empty title={t.none} />
        ) : (
          exchanges.map((exchange, at) => <ExchangeView key={at} exchange={redactExchange(exchange)} />)
        )}
      </Card>
    </>
  );
}

/** POST /targets/:id/push */
export async function postPush({ parts, params, by }: Visit): Promise<ScreenAnswer> {
  const id = params.id ?? '';
  const wish = { user: null, full: false, dryRun: false, by: by.actor.id };
  const push = await askForPush(parts.targets, id, wish);
  return { kind: 'go', to: `/targets/${id}/pushes/${push.id}` };
}

/** GET /targets/:id/pushes/:push */
export async function showPushPage({ parts, params, t }: Visit): Promise<ScreenAnswer> {
  const target = await showTarget(parts.targets, params.id ?? '');
  const id = params.push ?? '';
  const push = isUuid(id) ? await showPush(parts.targets, id) : null;
  if (push === null) throw new Refusal('target.not_found', { target: id });
  const { title: pushTo, deliverTitle } = t.targets.pushing;
  const title = (isConnectedType(target.type) ? pushTo : deliverTitle)(target.name);
  const isLive = push.state === 'waiting' || push.state === 'running';
  return {
    kind: 'page',
    title,
    ...placeBelowTarget(t, target),
    ...(isLive ? { refresh: RELOAD_SECONDS } : {}),
    body: (
      <>
        <PageHeader title={title} />
        <Live id="push" path={`/targets/${target.id}/pushes/${push.id}`} isLive={isLive}>
          <Pushed push={push} />
          {push.state === 'done' && !push.dryRun ? <Left target={target} /> : null}
        </Live>
        <p class="actions">
          <LinkButton href={`/targets/${target.id}`} tone="plain">
            {t.targets.tested.back}
          </LinkButton>
        </p>
      </>
    ),
  };
}

const tones = { waiting: 'remark', running: 'remark', done: 'done', failed: 'problem' } as const;

/** What stood in the way of a push that went to its end is told by a step of its own. */
function hindranceOf({ state, steps }: PushView): 'circuit' | 'guard' | null {
  if (state !== 'done') return null;
  const names = new Set(steps.map(({ operation }) => operation));
  return names.has('guard') ? 'guard' : names.has('circuit') ? 'circuit' : null;
}

function Pushed({ push }: { readonly push: PushView }) {
  const { pushing: t, operations, outcomes, failures } = useTexts().targets;
  const words = { ...operations, ...t.operations };
  const said = (operation: string, outcome: string): string =>
    (outcome === 'noop' ? t.looks[operation] : undefined) ?? outcomes[outcome] ?? inWords(failures, outcome);
  const { state, steps } = push;
  const hindrance = hindranceOf(push);
  return (
    <div class="parts">
      <Remark
        tone={hindrance === null ? tones[state] : hindrance === 'guard' ? 'held' : 'problem'}
        title={hindrance === null ? t.states[state] : t.hindrances[hindrance]}
      >
        {state === 'done' && steps.length === 0 ? <p>{t.noSteps}</p> : null}
      </Remark>
      {steps.length === 0 ? null : (
        <Card title={t.steps}>
          <DataTable
            caption={t.steps}
            rows={steps.map((step, place) => ({ ...step, place }))}
            keyOf={({ place }) => place}
            columns={[
              { head: t.operation, kind: 'name', cell: ({ operation }) => words[operation] ?? operation },
              { head: t.what, cell: ({ operation, what }) => (operation === 'circuit' ? '' : what) },
              { head: t.outcome, cell: ({ operation, outcome }) => said(operation, outcome) },
              { head: t.at, cell: ({ at }) => <ExactMoment at={new Date(at)} /> },
            ]}
          />
        </Card>
      )}
    </div>
  );
}

/** A push sends nothing again that was refused: says so, and leads to where it is. */
function Left({ target: { id, blocked, conflicts } }: { readonly target: TargetStatus }) {
  const t = useTexts().targets;
  if (blocked + conflicts === 0) return null;
  return (
    <Remark tone="held" title={t.refused.title(blocked, conflicts)}>
      <p>
        {t.pushing.left} <a href={`/targets/${id}`}>{t.refused.look}</a>
      </p>
    </Remark>
  );
}

/** POST /targets/:id/pause and /targets/:id/resume */
export async function postMode(
  { parts, params, by, t }: Visit,
  how: 'pause' | 'resume',
): Promise<ScreenAnswer> {
  const change = how === 'pause' ? pauseTarget : resumeTarget;
  const { id, name } = await change(parts.targets, params.id ?? '', by);
  const text = how === 'pause' ? t.targets.paused(name) : t.targets.resumed(name);
  return { kind: 'go', to: `/targets/${id}`, notice: { tone: 'done', text } };
}

/** POST /targets/:id/undo */
export async function postPushUndo(visit: Visit): Promise<ScreenAnswer> {
  const { parts, params, person, form, by, now, t } = visit;
  const hours = numberIn(form, 'hours') ?? 0;
  if (hours < 1 || hours > MOST_HOURS) return showSettings(visit, { hours: t.targets.settings.undoWrong });
  const since = new Date(now.getTime() - hours * HOUR_MS);
  const plan = await planUndoSince(parts.targets, params.id ?? '', { since, by });
  const { undoMade, undoWaits } = t.targets.settings;
  return seesPlans(person)
    ? { kind: 'go', to: `/plans/${plan.id}`, notice: { tone: 'held', text: undoMade } }
    : { kind: 'go', to: `/targets/${params.id ?? ''}`, notice: { tone: 'held', text: undoWaits } };
}

/** GET /targets/:id/remove */
export async function askRemove({ parts, params, t }: Visit): Promise<ScreenAnswer> {
  const { id, name } = await showTarget(parts.targets, params.id ?? '');
  const title = t.targets.settings.removeTitle(name);
  return {
    kind: 'page',
    title,
    ...placeBelowTarget(t, { id, name }),
    body: (
      <Confirmation
        title={title}
        action={`/targets/${id}/remove`}
        verb={t.targets.settings.remove}
        back={`/targets/${id}/settings`}
      >
        <p>{t.targets.settings.removeWhat}</p>
      </Confirmation>
    ),
  };
}

/** POST /targets/:id/remove */
export async function postRemove({ parts, params, by, t }: Visit): Promise<ScreenAnswer> {
  const { id, name } = await showTarget(parts.targets, params.id ?? '');
  await removeTarget(parts.targets, id, by);
  return { kind: 'go', to: '/targets', notice: { tone: 'done', text: t.targets.settings.removed(name) } };
}
