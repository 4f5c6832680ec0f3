/** What stands above every page of a target. */
import type { ComponentChildren } from 'preact';
import type { TargetStatus } from '../../../targets/admin/view.ts';
import { isConnectedType } from '../../../targets/connectors/types.ts';
import { Button } from '../../components/button.tsx';
import { Form } from '../../components/form.tsx';
import { ExactMoment, Moment } from '../../components/moment.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Remark } from '../../components/notice-box.tsx';
import { Live } from '../../components/progress.tsx';
import { Tabs } from '../../components/tabs.tsx';
import { useHere, useTexts } from '../../frame/here.ts';
import { seesPlans } from '../../frame/navigation.ts';
import { placeBelow } from '../../place.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import type { Texts } from '../../texts/en.ts';
import { HealthBadge, ModeBadge } from './badges.tsx';
import { inWords } from './failure-words.ts';

export type TargetTab = 'ledger' | 'drift' | 'why' | 'history' | 'settings';

export interface TargetPage {
  readonly target: TargetStatus;
  readonly tab: TargetTab;
  readonly status?: number;
  readonly refresh?: number;
  /** Address of the page, where it follows what is under way. */
  readonly live?: string;
  readonly body: ComponentChildren;
}

/** A page of a target, in the frame of all of them. */
export function targetPage(
  { t }: Visit,
  { target, tab, status = 200, refresh, live, body }: TargetPage,
): ScreenAnswer {
  return {
    kind: 'page',
    title: tab === 'ledger' ? target.name : `${t.targets.tabs[tab]}: ${target.name}`,
    at: '/targets',
    ...(tab === 'ledger' ? {} : { crumb: t.targets.tabs[tab] }),
    crumbs: [
      { text: t.targets.title, href: '/targets' },
      ...(tab === 'ledger' ? [] : [{ text: target.name, href: `/targets/${target.id}` }]),
    ],
    status,
    ...(refresh === undefined ? {} : { refresh }),
    body: (
      <Live id="target" path={live ?? ''} isLive={live !== undefined}>
        <Head target={target} />
        <TargetTabs target={target} tab={tab} />
        {body}
      </Live>
    ),
  };
}

/** The place of a page besides the tabs that is about one target, such as a question about it. */
export function placeBelowTarget(
  t: Texts,
  { id, name }: Pick<TargetStatus, 'id' | 'name'>,
): ReturnType<typeof placeBelow> {
  return placeBelow({ name: t.targets.title, path: '/targets' }, { name, path: `/targets/${id}` });
}

/** A target that keeps accounts, and was told of no group whose members it gets. */
export function isWithoutScope({ type, scope }: TargetStatus): boolean {
  return isConnectedType(type) && !scope.allUsers && scope.groups.length === 0;
}

function Head({ target }: { readonly target: TargetStatus }) {
  const t = useTexts().targets;
  const path = `/targets/${target.id}`;
  const isOff = target.mode === 'off' || target.health.state === 'paused';
  const isObserved = target.mode === 'observe' && !isOff;
  const isWebhook = !isConnectedType(target.type);
  return (
    <>
      <PageHeader
        title={target.name}
        beside={
          <span class="badges">
            {target.health.state === 'paused' ? null : <ModeBadge mode={target.mode} />}
            <HealthBadge health={target.health} isTried={target.isTried} />
          </span>
        }
        lead={t.types[target.type] ?? target.type}
        actions={
          <>
            {isObserved ? (
              <Form action={`${path}/resume`}>
                <Button>{t.start}</Button>
              </Form>
            ) : isOff ? null : (
              <Form action={`${path}/push`}>
                <Button>{isWebhook ? t.deliverNow : t.push}</Button>
              </Form>
            )}
            <Form action={`${path}/test`}>
              <Button tone="plain">{t.test}</Button>
            </Form>
            <Form action={`${path}/${isOff ? 'resume' : 'pause'}`}>
              <Button tone="plain">{isOff ? t.resume : t.pause}</Button>
            </Form>
          </>
        }
      />
      {isWithoutScope(target) ? (
        <Remark tone="held" title={t.settings.noScope}>
          <p>
            {t.noScopeNext} <a href={`${path}/settings`}>{t.tabs.settings}</a>
          </p>
        </Remark>
      ) : null}
      {isObserved ? (
        <Remark tone="remark" title={t.observedTitle}>
          <p>{isWebhook ? t.observedWebhook : t.observedNext}</p>
        </Remark>
      ) : null}
      <Health target={target} />
      <Hold target={target} />
    </>
  );
}

function Health({ target: { type, health, toSend } }: { readonly target: TargetStatus }) {
  const t = useTexts().targets;
  if (health.state === 'ok') return null;
  const isWebhook = !isConnectedType(type);
  return (
    <Remark
      tone={health.state === 'down' || health.state === 'quarantined' ? 'problem' : 'remark'}
      title={t.unhealthyTitle[health.state]}
    >
      {health.why === null ? null : <p>{inWords(t.failures, health.why)}</p>}
      <p>{(isWebhook ? t.unhealthyWebhook : t.unhealthy)[health.state]}</p>
      {health.since === null && health.until === null && toSend.count === 0 ? null : (
        <p class="quiet">
          {health.since === null ? null : (
            <>
              {t.since} <ExactMoment at={new Date(health.since)} />.{' '}
            </>
          )}
          {toSend.count === 0 ? null : <>{t.behindBy(toSend)}. </>}
          {health.until === null ? null : <Again at={new Date(health.until)} />}
        </p>
      )}
    </Remark>
  );
}

/** A time that has come, or is about to, is none to wait for. */
const SOON_MS = 2_000;

function Again({ at }: { readonly at: Date }) {
  const { t, now } = useHere();
  const { until, untilNow } = t.targets;
  if (at.getTime() - now.getTime() <= SOON_MS) return <>{untilNow}</>;
  return (
    <>
      {until} <Moment at={at} />.
    </>
  );
}

function Hold({ target: { hold } }: { readonly target: TargetStatus }) {
  const {
    t: { targets: t },
    session,
  } = useHere();
  if (hold === null || hold.state === 'approved') return null;
  return (
    <Remark tone="held" title={hold.state === 'held' ? t.holdTitle : t.holdRejected}>
      <ul>
        {hold.why.map((why) => (
          <li key={why}>{why}</li>
        ))}
      </ul>
      {session !== null && seesPlans(session.person) ? (
        <p>
          <a href={`/plans/${hold.id}`}>{t.toPlan}</a>
        </p>
      ) : null}
    </Remark>
  );
}

function TargetTabs({ target, tab }: { readonly target: TargetStatus; readonly tab: TargetTab }) {
  const t = useTexts().targets.tabs;
  const path = `/targets/${target.id}`;
  const hrefOf = (name: TargetTab): string => (name === 'ledger' ? path : `${path}/${name}`);
  const shown: readonly TargetTab[] = isConnectedType(target.type)
    ? ['ledger', 'drift', 'why', 'history', 'settings']
    : ['ledger', 'history', 'settings'];
  return (
    <Tabs
      label={t.label}
      tabs={shown.map((name) => ({
        href: hrefOf(name),
        text: name === 'ledger' && !isConnectedType(target.type) ? t.deliveries : t[name],
      }))}
      at={hrefOf(tab)}
    />
  );
}
