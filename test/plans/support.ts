import { DEFAULT_LIMITS, type GuardLimits } from '../../src/core/plans/limits.ts';
import type { Work } from '../../src/directory/work.ts';
import { type PlanDraft, type Planned, underGuards } from '../../src/plans/guarded.ts';
import type { TestDirectory } from '../support/directory.ts';

/** A draft that says nothing special. */
export function draftOf<T>(draft: Partial<PlanDraft<T>> = {}): PlanDraft<T> {
  return {
    kind: 'nesting',
    subject: 'test',
    title: 'A test',
    request: {},
    limits: DEFAULT_LIMITS,
    mode: 'unless-guarded',
    approved: null,
    replaces: 'nothing',
    ...draft,
  };
}

/** Limits that nothing trips, but those given. */
export function limitsOf(limits: Partial<GuardLimits> = {}): GuardLimits {
  const many = 1_000_000_000;
  return {
    removalsAtLeast: many,
    removalsPercent: 100,
    removalsAtMost: many,
    groupPercent: 100,
    groupFrom: many,
    emptiedFrom: many,
    deactivationsAtLeast: many,
    deactivationsPercent: 100,
    shrunkPercent: 100,
    refusedPercent: 100,
    rowsFrom: 1,
    nestingMoves: many,
    protectedGroups: 'pass',
    ...limits,
  };
}

/** Runs verbs under the guards in a transaction of their own, as the console. */
export function guarded<T>(
  test: TestDirectory,
  draft: Partial<PlanDraft<T>>,
  task: (work: Work) => Promise<T>,
): Promise<Planned<T>> {
  return test.do((work) => underGuards(work, draftOf(draft), () => task(work)));
}

/** Every effective membership as `group user`, from the assertions and nothing else. */
export async function effectivePairs(test: TestDirectory): Promise<Set<string>> {
  const text = `
    with recursive up(member_n, group_n) as (
      select a.member_n, a.group_n from assertion a join groups g on g.n = a.group_n and g.deleted_at is null
      where not a.suppressed and a.member_kind = 'u'
      union
      select u.member_n, a.group_n from up u
      join assertion a on a.member_n = u.group_n and a.member_kind = 'g' and not a.suppressed
      join groups g on g.n = a.group_n and g.deleted_at is null)
    select up.group_n || ' ' || up.member_n as pair from up
    join users u on u.n = up.member_n and u.active and u.deleted_at is null`;
  return new Set((await test.database.rows<{ pair: string }>({ text })).map(({ pair }) => pair));
}
