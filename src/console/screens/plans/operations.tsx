/** What a plan does, one by one, as the log has it or would have it. */
import type { MemberView, OperationInShort } from '../../../plans/view.ts';
import type { PlanRow } from '../../../store/plans/plans.ts';
import { Card } from '../../components/details.tsx';
import { DataTable, type Paging } from '../../components/data-table.tsx';
import { Empty } from '../../components/empty.tsx';
import { Name } from '../../components/name.tsx';
import { useTexts } from '../../frame/here.ts';

export interface OperationsProps {
  readonly plan: Pick<PlanRow, 'id'>;
  readonly operations: readonly OperationInShort[];
  readonly paging: Paging;
}

/** Members of one operation that are named; all of them have a page of their own. */
export const NAMED = 8;

export function Operations({ plan, operations, paging }: OperationsProps) {
  const { plans: t, log } = useTexts();
  const whole = ({ at }: OperationInShort): string => `/plans/${plan.id}/operations/${at}`;
  return (
    <Card title={t.operations}>
      {operations.length === 0 ? (
        <Empty title={t.noOperations} />
      ) : (
        <DataTable
          caption={t.operations}
          rows={operations}
          keyOf={({ at }) => at}
          paging={paging}
          columns={[
            { head: t.operation, kind: 'name', cell: ({ type }) => log.what[type] ?? type },
            {
              head: t.subject,
              kind: 'long',
              cell: ({ group, user }) => (
                <>
                  {group === null ? null : <Named of={{ ...group, type: 'group' }} />}
                  {user === null ? null : <Named of={{ ...user, type: 'user' }} />}
                </>
              ),
            },
            {
              head: t.added,
              cell: (one) => <Members of={one.added} count={one.addedCount} whole={whole(one)} />,
            },
            {
              head: t.removed,
              cell: (one) => <Members of={one.removed} count={one.removedCount} whole={whole(one)} />,
            },
          ]}
        />
      )}
    </Card>
  );
}

interface MembersProps {
  /** The first of them. */
  readonly of: readonly MemberView[];
  readonly count: number;
  /** Where all of them are named. */
  readonly whole: string;
}

function Members({ of, count, whole }: MembersProps) {
  const t = useTexts().plans;
  const rest = count - of.length;
  return (
    <>
      {of.map((member, at) => (
        <>
          {at === 0 ? '' : ', '}
          <Named of={member} />
        </>
      ))}
      {rest > 0 ? (
        <>
          {' '}
          <a href={whole}>{t.more(rest)}</a>
        </>
      ) : null}
    </>
  );
}

/** Somebody, or a group, with the way there where it exists already. */
export function Named({ of: { id, name, type } }: { readonly of: Omit<MemberView, 'line'> }) {
  const t = useTexts().plans;
  const text = <Name of={name ?? t.unknown} />;
  return id === null ? text : <a href={`/${type}s/${id}`}>{text}</a>;
}
