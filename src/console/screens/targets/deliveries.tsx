/** What a webhook was sent, what stands next, and how much waits behind it. */
import { nameGroupsById } from '../../../store/lookup.ts';
import type { DeliveriesView } from '../../../targets/admin/deliveries.ts';
import type { TargetStatus } from '../../../targets/admin/view.ts';
import { Card, Details } from '../../components/details.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { Empty } from '../../components/empty.tsx';
import { Figures } from '../../components/figures.tsx';
import { Moment } from '../../components/moment.tsx';
import { Remark } from '../../components/notice-box.tsx';
import { useTexts } from '../../frame/here.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { ExchangeView } from './exchange.tsx';
import { inWords } from './failure-words.ts';
import { targetPage } from './frame.tsx';

const RELOAD_SECONDS = 5;

/** GET /targets/:id of a webhook. */
export async function showDeliveries(
  visit: Visit,
  target: TargetStatus,
  deliveries: DeliveriesView,
): Promise<ScreenAnswer> {
  const { latest, next } = deliveries;
  const ids = [...latest, ...(next === null ? [] : [next])].flatMap(({ group }) => group ?? []);
  const groups = await nameGroupsById(visit.parts.directory.database, [...new Set(ids)]);
  const names = new Map(groups.map(({ id, name }) => [id, name]));
  const isWaiting = target.mode === 'enforce' && target.toSend.count > 0;
  return targetPage(visit, {
    target,
    tab: 'ledger',
    ...(target.mode === 'off' ? {} : { live: `/targets/${target.id}` }),
    ...(isWaiting ? { refresh: RELOAD_SECONDS } : {}),
    body: (
      <>
        <Sums target={target} deliveries={deliveries} />
        {next === null ? null : <Next target={target} next={next} names={names} />}
        <Latest latest={latest} names={names} />
      </>
    ),
  });
}

function Sums({
  target,
  deliveries,
}: {
  readonly target: TargetStatus;
  readonly deliveries: DeliveriesView;
}) {
  const { targets: t } = useTexts();
  const { delivered, givenUp, latest, untold } = deliveries;
  const last = latest[0];
  return (
    <Card>
      <Figures
        items={[
          { name: t.figures.pending, value: t.counted(target.toSend) },
          { name: t.deliveries.delivered, value: delivered.toLocaleString('en') },
          { name: t.deliveries.givenUp, value: givenUp.toLocaleString('en') },
        ]}
      />
      <p class="quiet">
        {t.deliveries.lead}{' '}
        {last === undefined ? null : (
          <>
            {t.deliveries.lastAt} <Moment at={new Date(last.deliveredAt)} />.{' '}
          </>
        )}
      </p>
      {untold === 0 ? null : (
        <Remark tone="held">
          <p>{t.deliveries.untold(untold)}</p>
        </Remark>
      )}
    </Card>
  );
}

type Names = ReadonlyMap<string, string>;

interface NextProps {
  readonly target: TargetStatus;
  readonly next: NonNullable<DeliveriesView['next']>;
  readonly names: Names;
}

function Next({ target: { health }, next, names }: NextProps) {
  const { targets } = useTexts();
  const t = targets.deliveries;
  return (
    <Card title={t.next}>
      <Details
        items={[
          { name: t.message, value: <MessageName type={next.type} id={next.id} /> },
          ...(next.group === null
            ? []
            : [{ name: t.group, value: <GroupName id={next.group} names={names} /> }]),
          ...(next.happenedAt === null
            ? []
            : [{ name: t.happened, value: <Moment at={new Date(next.happenedAt)} /> }]),
          { name: t.tries, value: next.tries },
          {
            name: t.lastTry,
            value: (
              <>
                <Moment at={new Date(next.triedAt)} />
                {health.why === null ? null : <p>{inWords(targets.failures, health.why)}</p>}
                <ExchangeView exchange={next.exchange} />
              </>
            ),
          },
        ]}
      />
    </Card>
  );
}

function Latest({ latest, names }: { readonly latest: DeliveriesView['latest']; readonly names: Names }) {
  const t = useTexts().targets.deliveries;
  return (
    <Card title={t.latest}>
      {latest.length === 0 ? (
        <Empty title={t.none}>{t.noneNext}</Empty>
      ) : (
        <DataTable
          caption={t.latest}
          rows={latest.map((message, place) => ({ ...message, place }))}
          keyOf={({ place }) => place}
          columns={[
            { head: t.message, kind: 'name', cell: ({ type, id }) => <MessageName type={type} id={id} /> },
            {
              head: t.group,
              cell: ({ group }) => (group === null ? null : <GroupName id={group} names={names} />),
            },
            {
              head: t.happened,
              cell: ({ happenedAt: at }) => (at === null ? null : <Moment at={new Date(at)} />),
            },
            { head: t.deliveredAt, cell: ({ deliveredAt }) => <Moment at={new Date(deliveredAt)} /> },
            { head: t.tries, kind: 'number', cell: ({ tries }) => tries },
          ]}
        />
      )}
    </Card>
  );
}

function MessageName({ type, id }: { readonly type: string; readonly id: string }) {
  const words = useTexts().targets.deliveries.types;
  return (
    <>
      {words[type] ?? type}
      <span class="under">
        <code>{id}</code>
      </span>
    </>
  );
}

function GroupName({ id, names }: { readonly id: string; readonly names: Names }) {
  const name = names.get(id);
  return name === undefined ? <code>{id}</code> : <a href={`/groups/${id}`}>{name}</a>;
}
