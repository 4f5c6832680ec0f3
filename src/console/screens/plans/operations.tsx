/** What a plan does, one by one, as the log has it or would have it. */
import { z } from 'zod';
import type { MemberView, OperationInShort } from '../../../plans/view.ts';
import type { PlanRow } from '../../../store/plans/plans.ts';
import { Card } from '../../components/details.tsx';
import { DataTable, type Paging } from '../../components/data-table.tsx';
import { Empty } from '../../components/empty.tsx';
import { Name } from '../../components/name.tsx';
import { useTexts } from '../../frame/here.ts';
import type { Texts } from '../../texts/en.ts';

const userState = z.looseObject({ active: z.boolean() });

export interface OperationsProps {
  readonly plan: Pick<PlanRow, 'id'>;
  readonly operations: readonly OperationInShort[];
  readonly paging: Paging;
}

/** Members of one operation that are named; all of them have a page of their own. */
export const NAMED = 8;

export function Operations({ plan, operations, paging }: OperationsProps) {
  const texts = useTexts();
  const t = texts.plans;
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
            { head: t.operation, kind: 'name', cell: (one) => whatOf(one, texts) },
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

/** What an operation does; whether an account is active says more of a user than that something was changed. */
export function whatOf(
  { type, before, after }: Pick<OperationInShort, 'type' | 'before' | 'after'>,
  { plans, log }: Pick<Texts, 'plans' | 'log'>,
): string {
  const [was, is] = [isActive(before), isActive(after)];
  if (type === 'user.updated' && was !== null && is !== null && was !== is)
    return is ? plans.reactivates : plans.deactivates;
  return log.what[type] ?? type;
}

function isActive(state: unknown): boolean | null {
  return userState.safeParse(state).data?.active ?? null;
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
