import type { PlanRow } from '../../../store/plans/plans.ts';

/** The guards that stopped a plan, in their own words. */
export function WhyHeld({ plan: { guards } }: { readonly plan: Pick<PlanRow, 'guards'> }) {
  return (
    <ul>
      {guards.map(({ guard, group, detail }) => (
        <li key={`${guard} ${group?.id ?? ''}`}>{detail}</li>
      ))}
    </ul>
  );
}
