/** The tables of my groups. */
import type { OwnGroupRow } from '../../../store/effective/own-groups.ts';
import type { JoinableGroupRow } from '../../../store/screens/own-requests.ts';
import type { RequestRow } from '../../../store/requests.ts';
import { Button } from '../../components/button.tsx';
import { DataTable, type Paging } from '../../components/data-table.tsx';
import { Empty } from '../../components/empty.tsx';
import { Form } from '../../components/form.tsx';
import { Moment } from '../../components/moment.tsx';
import { useTexts } from '../../frame/here.ts';

/** One of my groups, and what its button does: the reason why not where there is none. */
export interface MyGroup extends OwnGroupRow {
  /** Address of the explanation. */
  readonly why: string;
  readonly leaving: { readonly can: 'leave' | 'ask' } | { readonly can: null; readonly why: string };
}

/** What I belong to. */
export function MineTable({ rows }: { readonly rows: readonly MyGroup[] }) {
  const { own: t } = useTexts();
  if (rows.length === 0) return <Empty title={t.noGroup}>{t.noGroupNext}</Empty>;
  return (
    <DataTable
      caption={t.mine}
      rows={rows}
      keyOf={({ id }) => id}
      columns={[
        { head: t.group, kind: 'name', cell: ({ name }) => name },
        { head: t.how, cell: (row) => <How row={row} /> },
        { head: t.roles, cell: ({ roles }) => roles.join(', ') },
        { head: t.action, kind: 'actions', cell: (row) => <Leaving row={row} /> },
      ]}
    />
  );
}

function How({ row: { name, direct, through, why } }: { readonly row: MyGroup }) {
  const { own: t } = useTexts();
  return (
    <>
      {direct ? t.directly : t.through(through)}{' '}
      <a href={why} aria-label={t.whyLabel(name)}>
        {t.why}
      </a>
    </>
  );
}

function Leaving({ row: { id, name, leaving } }: { readonly row: MyGroup }) {
  const { own: t } = useTexts();
  if (leaving.can === null) return <span class="quiet small">{leaving.why}</span>;
  const isAsked = leaving.can === 'ask';
  return (
    <Form action="/my-groups/leave">
      <input type="hidden" name="group" value={id} />
      <Button tone="plain" size="small" label={isAsked ? t.askLeaveLabel(name) : t.leaveLabel(name)}>
        {isAsked ? t.askLeave : t.leave}
      </Button>
    </Form>
  );
}

/** What I asked for. */
export function WaitingTable({ rows }: { readonly rows: readonly RequestRow[] }) {
  const { own: t } = useTexts();
  return (
    <DataTable
      caption={t.waiting}
      rows={rows}
      keyOf={({ id }) => id}
      columns={[
        { head: t.group, kind: 'name', cell: (row) => row.group_name },
        { head: t.wish, cell: ({ kind }) => t.kinds[kind] },
        { head: t.waitingSince, cell: (row) => <Moment at={row.created_at} /> },
        { head: t.expires, cell: (row) => <Moment at={row.expires_at} /> },
        { head: t.reason, cell: ({ reason }) => reason },
        {
          head: t.action,
          kind: 'actions',
          cell: ({ id, group_name: name }) => (
            <Form action="/my-groups/cancel">
              <input type="hidden" name="request" value={id} />
              <Button tone="plain" size="small" label={t.cancelLabel(name)}>
                {t.cancel}
              </Button>
            </Form>
          ),
        },
      ]}
    />
  );
}

export interface JoinableTableProps {
  readonly rows: readonly JoinableGroupRow[];
  /** What was looked for. */
  readonly text: string;
  readonly paging: Paging;
}

/** What I may join, or ask to. */
export function JoinableTable({ rows, text, paging }: JoinableTableProps) {
  const { own: t } = useTexts();
  if (rows.length === 0) {
    return text === '' ? (
      <Empty title={t.noJoinable}>{t.noJoinableNext}</Empty>
    ) : (
      <Empty title={t.noneFound(text)} />
    );
  }
  return (
    <DataTable
      caption={t.joinable}
      rows={rows}
      keyOf={({ id }) => id}
      paging={paging}
      columns={[
        {
          head: t.group,
          kind: 'name',
          cell: ({ id, name, description }) => (
            <>
              <a href={`/groups/${id}/join`}>{name}</a>
              {description === null ? null : <span class="under">{description}</span>}
            </>
          ),
        },
        { head: t.how2, cell: ({ open }) => (open ? t.open : t.asked) },
        {
          head: t.action,
          kind: 'actions',
          cell: ({ id, name, open }) =>
            open ? (
              <Form action="/my-groups/join">
                <input type="hidden" name="group" value={id} />
                <Button tone="plain" size="small" label={t.joinLabel(name)}>
                  {t.join}
                </Button>
              </Form>
            ) : (
              <a class="button plain small" href={`/groups/${id}/join`} aria-label={t.askJoinLabel(name)}>
                {t.askJoin}
              </a>
            ),
        },
      ]}
    />
  );
}
