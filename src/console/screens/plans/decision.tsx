import { groupBeyond } from '../../../plans/decisions.ts';
import type { PlanRow } from '../../../store/plans/plans.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/details.tsx';
import { TextField } from '../../components/field.tsx';
import { Form } from '../../components/form.tsx';
import { Remark } from '../../components/notice-box.tsx';
import { useHere } from '../../frame/here.ts';

export interface DecisionProps {
  readonly plan: Pick<PlanRow, 'id' | 'hash' | 'kind' | 'guards'>;
  /** The page to come back to. */
  readonly back: string;
  readonly error?: string | undefined;
}

/**
 * The form that approves or rejects a held plan, by the hash of what is shown. Who has no authority over what it changes
 * reads who has, and may still reject it.
 */
export function Decision({ plan, back, error }: DecisionProps) {
  const {
    t: { plans: t },
    session,
  } = useHere();
  const { id, hash } = plan;
  const beyond = session === null ? null : groupBeyond(plan, session.person);
  return (
    <Card title={t.decide}>
      {beyond === null ? (
        <p class="quiet">{t.decideLead}</p>
      ) : (
        <Remark tone="remark" title={t.beyond(beyond)}>
          <p>{t.beyondNext}</p>
        </Remark>
      )}
      <Form action={`/plans/${id}/approve`} class="stack">
        <input type="hidden" name="hash" value={hash} />
        <input type="hidden" name="back" value={back} />
        <TextField name="reason" label={t.reason} hint={t.reasonHint} error={error} isRequired rows={2} />
        <div class="actions">
          {beyond === null ? <Button>{t.approve}</Button> : null}
          <Button tone="danger" formAction={`/plans/${id}/reject`}>
            {t.reject}
          </Button>
        </div>
      </Form>
    </Card>
  );
}
