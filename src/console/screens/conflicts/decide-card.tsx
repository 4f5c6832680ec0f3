/** The decisions that a conflict allows, each with what it does. */
import { Button, type ButtonTone } from '../../components/button.tsx';
import { Card } from '../../components/details.tsx';
import { SelectField, TextField } from '../../components/field.tsx';
import { Form } from '../../components/form.tsx';
import { useTexts } from '../../frame/here.ts';
import type { Texts } from '../../texts/en.ts';
import type { Dispute } from './dispute.ts';

interface Choice {
  readonly value: 'granted' | 'dismissed' | 'merge' | 'separate' | 'keep';
  readonly says: Exclude<keyof Texts['conflicts']['buttons'], 'revoke'>;
  readonly tone: ButtonTone;
}

const merges = { identity: 'mergeUsers', login: 'bind', drift: 'takeStated' } as const;

function choicesOf(dispute: Dispute): readonly Choice[] {
  if (dispute.of === 'client') {
    return [
      { value: 'granted', says: 'granted', tone: 'main' },
      { value: 'dismissed', says: 'dismissed', tone: 'plain' },
    ];
  }
  const { kind, users } = dispute.row;
  const canMerge = users.length >= (kind === 'identity' ? 2 : 1);
  return [
    ...(canMerge ? [{ value: 'merge', says: merges[kind], tone: 'main' } as const] : []),
    ...(kind === 'drift' ? [] : [{ value: 'separate', says: 'separate', tone: 'plain' } as const]),
    ...(kind === 'identity' ? [] : [{ value: 'keep', says: 'keep', tone: 'plain' } as const]),
  ];
}

/** A form with a button for each decision. */
export function DecideCard({ dispute }: { readonly dispute: Dispute }) {
  const t = useTexts().conflicts;
  const choices = choicesOf(dispute);
  const users = dispute.of === 'file' && dispute.row.kind === 'identity' ? dispute.row.users : [];
  return (
    <Card title={t.decide}>
      <Form action={`/conflicts/${dispute.row.id}`} class="stack">
        {users.length < 2 ? null : (
          <SelectField
            name="into"
            label={t.into}
            hint={t.intoHint}
            value={users[0]?.id ?? ''}
            options={users.map(({ id, userName, stub }) => ({
              value: id,
              text: `${userName ?? id}${stub ? ` (${t.stub})` : ''}`,
            }))}
          />
        )}
        <TextField name="reason" label={t.reason} hint={t.reasonHint} rows={2} />
        <ul class="plain">
          {choices.map(({ value, says, tone }) => (
            <li key={value}>
              <Button tone={tone} name="decision" value={value}>
                {t.buttons[says]}
              </Button>
              <p class="hint">{t.means[says]}</p>
            </li>
          ))}
        </ul>
      </Form>
    </Card>
  );
}
