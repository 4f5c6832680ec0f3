/** What a plan does, one by one, as the log has it or would have it. */
import type { MemberView, OperationView } from '../../../plans/view.ts';
import { Card } from '../../components/details.tsx';
import { DataTable, type Paging } from '../../components/data-table.tsx';
import { Empty } from '../../components/empty.tsx';
import { useTexts } from '../../frame/here.ts';

export interface OperationsProps {
  readonly operations: readonly OperationView[];
  readonly paging: Paging;
}

/** Members of one operation that are named; the rest is a number. */
const NAMED = 8;

export function Operations({ operations, paging }: OperationsProps) {
  const { plans: t, log } = useTexts();
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
              cell: ({ group, user }) => (
                <>
                  {group === null ? null : <Named of={{ ...group, type: 'group' }} />}
                  {user === null ? null : <Named of={{ ...user, type: 'user' }} />}
                </>
              ),
            },
            { head: t.added, cell: ({ added }) => <Members of={added} /> },
            { head: t.removed, cell: ({ removed }) => <Members of={removed} /> },
          ]}
        />
      )}
    </Card>
  );
}

function Members({ of }: { readonly of: readonly MemberView[] }) {
  const t = useTexts().plans;
  const rest = of.length - NAMED;
  return (
    <>
      {of.slice(0, NAMED).map((member, at) => (
        <>
          {at === 0 ? '' : ', '}
          <Named of={member} />
        </>
      ))}
      {rest > 0 ? ` ${t.more(rest)}` : ''}
    </>
  );
}

function Named({ of: { id, name, type } }: { readonly of: Omit<MemberView, 'line'> }) {
  const t = useTexts().plans;
  const text = name ?? t.unknown;
  return id === null ? <>{text}</> : <a href={`/${type}s/${id}`}>{text}</a>;
}
