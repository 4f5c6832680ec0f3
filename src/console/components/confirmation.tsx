import type { ComponentChildren } from 'preact';
import { Button, LinkButton } from './button.tsx';
import { Form } from './form.tsx';
import { PageHeader } from './page-header.tsx';
import { useTexts } from '../frame/here.ts';

export interface ConfirmationProps {
  readonly title: string;
  /** What will happen, and to whom. */
  readonly children: ComponentChildren;
  readonly action: string;
  /** What the button says: the verb. */
  readonly verb: string;
  readonly back: string;
}

/** Asks once more before something is taken away. */
export function Confirmation({ title, children, action, verb, back }: ConfirmationProps) {
  const t = useTexts();
  return (
    <>
      <PageHeader title={title} />
      <Form action={action} class="stack">
        <div class="notice held">{children}</div>
        <div class="actions">
          <Button tone="danger">{verb}</Button>
          <LinkButton href={back} tone="plain">
            {t.shell.cancel}
          </LinkButton>
        </div>
      </Form>
    </>
  );
}
