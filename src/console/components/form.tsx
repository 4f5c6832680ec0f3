import type { ComponentChildren } from 'preact';
import { useHere } from '../frame/here.ts';

export interface FormProps {
  readonly action: string;
  readonly class?: string;
  readonly id?: string;
  readonly children: ComponentChildren;
}

/** A form that changes something: it carries the session's token. */
export function Form({ action, children, ...rest }: FormProps) {
  const { session } = useHere();
  return (
    <form method="post" action={action} {...rest}>
      {session === null ? null : <input type="hidden" name="csrf" value={session.csrfToken} />}
      {children}
    </form>
  );
}
