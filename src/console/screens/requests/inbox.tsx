/** What somebody was told. */
import { isUuid } from '../../../core/ids.ts';
import { Refusal } from '../../../core/refusal.ts';
import { type InboxRow, listInbox, markInboxItemRead, markInboxRead } from '../../../store/inbox.ts';
import { showLags } from '../../../targets/admin/lag.ts';
import { addressOf, numberIn } from '../../address.ts';
import { Button } from '../../components/button.tsx';
import { Pager } from '../../components/data-table.tsx';
import { Card } from '../../components/details.tsx';
import { Empty } from '../../components/empty.tsx';
import { Form } from '../../components/form.tsx';
import { Moment } from '../../components/moment.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { Tabs } from '../../components/tabs.tsx';
import { useHere } from '../../frame/here.ts';
import { seesPlans } from '../../frame/navigation.ts';
import { seesOverview } from '../../frame/sight.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { type Need, NeedsCard } from '../overview/cards.tsx';
import { needsOf } from '../overview/needs.ts';
import type { Texts } from '../../texts/en.ts';

const PAGE = 30;

/** GET /inbox: what the visitor was told, after what needs them now. */
export async function showInbox(visit: Visit): Promise<ScreenAnswer> {
  const { parts, person, query, t } = visit;
  const only = query.get('which') === 'all' ? 'all' : 'unread';
  const after = numberIn(query, 'after') ?? 0;
  const page = { page: { after, limit: PAGE + 1 }, only } as const;
  const [rows, needs] = await Promise.all([
    listInbox(parts.directory.database, person.n, page),
    only === 'unread' && after === 0 ? needsNow(visit) : [],
  ]);
  const shown = rows.slice(0, PAGE);
  const said = only === 'all' ? { which: 'all' } : {};
  return {
    kind: 'page',
    title: t.inbox.title,
    body: (
      <>
        <PageHeader
          title={t.inbox.title}
          lead={t.inbox.lead}
          actions={
            shown.some(({ read_at: read }) => read === null) ? (
              <Form action="/inbox/read">
                <Button tone="plain">{t.inbox.allRead}</Button>
              </Form>
            ) : undefined
          }
        />
        {needs.length === 0 ? null : <NeedsCard needs={needs} />}
        <Card>
          <Tabs
            label={t.inbox.which}
            tabs={[
              { href: '/inbox', text: t.inbox.unread },
              { href: '/inbox?which=all', text: t.inbox.all },
            ]}
            at={addressOf('/inbox', said)}
          />
          {shown.length === 0 ? (
            <Empty title={t.inbox.empty}>{t.inbox.emptyNext}</Empty>
          ) : (
            <ol class="log">
              {shown.map((row) => (
                <li key={row.id}>
                  <Item row={row} />
                </li>
              ))}
            </ol>
          )}
          <Pager
            first={after === 0 ? null : addressOf('/inbox', said)}
            next={rows.length > PAGE ? addressOf('/inbox', { ...said, after: shown.at(-1)?.n }) : null}
          />
        </Card>
      </>
    ),
  };
}

/** Holds, alerts and what else the overview tells those who look after Muster. */
async function needsNow(visit: Visit): Promise<readonly Need[]> {
  if (!seesOverview(visit.person)) return [];
  return needsOf(visit, await showLags(visit.parts.targets));
}

/** POST /inbox/read */
export async function markAllRead({ parts, person }: Visit): Promise<ScreenAnswer> {
  await markInboxRead(parts.directory.database, person.n);
  return { kind: 'go', to: '/inbox' };
}

/** POST /inbox/:id/read */
export async function markRead({ parts, person, params }: Visit): Promise<ScreenAnswer> {
  const id = params.id ?? '';
  const isMarked = isUuid(id) && (await markInboxItemRead(parts.directory.database, id, person.n));
  if (!isMarked) throw new Refusal('inbox.not_found', { item: id });
  return { kind: 'go', to: '/inbox' };
}

function Item({ row }: { readonly row: InboxRow }) {
  const { t: texts, session } = useHere();
  const { inbox: t } = texts;
  const text = textOf(texts, row);
  const isAsking = row.type === 'request.created';
  return (
    <div class="message">
      <div>
        <p class={row.read_at === null ? 'strong' : ''}>{text}</p>
        <Given label={isAsking ? t.reasons.asked : t.reasons.yours} reason={row.request_reason} />
        <Given label={t.reasons.answer} reason={row.decision_reason} />
        <p class="quiet small">
          <Moment at={row.at} />
          {row.read_at === null ? null : ` · ${t.isRead}`}
        </p>
      </div>
      <span class="actions">
        {row.plan_id !== null && session !== null && seesPlans(session.person) ? (
          <a class="button plain small" href={`/plans/${row.plan_id}`}>
            {t.toPlan}
          </a>
        ) : null}
        {isAsking && row.read_at === null ? (
          <a class="button plain small" href="/requests">
            {t.toRequests}
          </a>
        ) : null}
        {row.read_at === null ? (
          <Form action={`/inbox/${row.id}/read`}>
            <Button tone="plain" size="small" label={t.readLabel(text)}>
              {t.read}
            </Button>
          </Form>
        ) : null}
      </span>
    </div>
  );
}

/** A reason, and whose it is. */
function Given({ label, reason }: { readonly label: string; readonly reason: string | null }) {
  if (reason === null) return null;
  return (
    <>
      <p class="quiet small">{label}:</p>
      <blockquote class="quiet">{reason}</blockquote>
    </>
  );
}

function textOf({ inbox: { text, someone, aGroup }, requests }: Texts, row: InboxRow): string {
  const group = row.group_name ?? aGroup;
  const wants = row.request_kind === 'leave' ? requests.wants.leave : requests.wants.join;
  switch (row.type) {
    case 'request.created':
      return text.asks(row.about_name ?? someone, wants, group);
    case 'request.approved':
      return text.approved(wants, group);
    case 'request.denied':
      return text.denied(wants, group);
    case 'request.cancelled':
      return text.cancelled(wants, group);
    case 'request.expired':
      return text.expired(wants, group);
    case 'plan.held':
      return text.held(row.plan_title ?? '');
    default:
      return text.other(row.type, group);
  }
}
