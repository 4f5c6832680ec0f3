import type { PlanRow } from '../../../store/plans/plans.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/details.tsx';
import { TextField } from '../../components/field.tsx';
import { Form } from '../../components/form.tsx';
import { useTexts } from '../../frame/here.ts';

export interface DecisionProps {
  readonly plan: Pick<PlanRow, 'id' | 'hash'>;
  /** The page to come back to. */
  readonly back: string;
  readonly error?: string | undefined;
}

/** The form that approves or rejects a held plan, by the hash of what is shown. */
export function Decision({ plan: { id, hash }, back, error }: DecisionProps) {
  const t = useTexts().plans;
  return (
    <Card title={t.decide}>
      <p class="quiet">{t.decideLead}</p>
      <Form action={`/plans/${id}/approve`} class="stack">
        <input type="hidden" name="hash" value={hash} />
        <input type="hidden" name="back" value={back} />
        <TextField name="reason" label={t.reason} hint={t.reasonHint} error={error} isRequired rows={2} />
        <div class="actions">
          <Button>{t.approve}</Button>
          <Button tone="danger" formAction={`/plans/${id}/reject`}>
            {t.reject}
          </Button>
        </div>
      </Form>
    </Card>
  );
}
