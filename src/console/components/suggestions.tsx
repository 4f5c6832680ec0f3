import type { ComponentChildren } from 'preact';
import type { Suggestion } from '../../store/screens/suggestions.ts';
import { useTexts } from '../frame/here.ts';
import { Button } from './button.tsx';
import { Form } from './form.tsx';

export interface SuggestionsProps {
  readonly found: readonly Suggestion[];
  /** What was typed. */
  readonly text: string;
  /** Where the button of each sends `member`, as `user:ID` or `group:ID`. */
  readonly action: string;
  readonly verb: string;
  readonly verbLabel: (name: string) => string;
  /** More that the button sends. */
  readonly carried?: Readonly<Record<string, string>>;
  /** Stands in the place of the button where there is nothing to press. */
  readonly instead?: (found: Suggestion) => ComponentChildren;
}

/** Whom the typed text may mean, each with a button. */
export function Suggestions({
  found,
  text,
  action,
  verb,
  verbLabel,
  carried = {},
  instead = () => null,
}: SuggestionsProps) {
  const t = useTexts();
  if (text.trim() === '') return null;
  if (found.length === 0) return <p role="status">{t.members.add.nothing(text)}</p>;
  return (
    <ul class="suggestions">
      {found.map((one) => (
        <li key={one.id}>
          <span>
            <span class="strong">{one.name}</span>
            {one.type === 'group' ? <span class="quiet"> {t.members.group}</span> : null}
            {one.about === null ? null : <span class="under">{one.about}</span>}
          </span>
          {instead(one) ?? (
            <Form action={action}>
              <input type="hidden" name="member" value={`${one.type}:${one.id}`} />
              {Object.entries(carried).map(([name, value]) => (
                <input key={name} type="hidden" name={name} value={value} />
              ))}
              <Button tone="plain" size="small" label={verbLabel(one.name)}>
                {verb}
              </Button>
            </Form>
          )}
        </li>
      ))}
    </ul>
  );
}
