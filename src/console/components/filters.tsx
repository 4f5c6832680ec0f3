import type { ComponentChildren } from 'preact';
import { useTexts } from '../frame/here.ts';
import { Button } from './button.tsx';

/** A form that narrows a list down; its button is there for those without scripts too. */
export function Filters({
  action,
  children,
}: {
  readonly action: string;
  readonly children: ComponentChildren;
}) {
  const t = useTexts();
  return (
    <form method="get" action={action} class="line filters">
      {children}
      <Button tone="plain">{t.shell.show}</Button>
    </form>
  );
}
