import type { ComponentChildren } from 'preact';
import { useHere } from '../frame/here.ts';

export interface FormProps {
  readonly action: string;
  readonly class?: string;
  readonly id?: string;
  /** Set where it sends a file besides its fields. */
  readonly sends?: 'file';
  readonly children: ComponentChildren;
}

/** A form that changes something: it carries the session's token. */
export function Form({ action, sends, children, ...rest }: FormProps) {
  const { session } = useHere();
  return (
    <form
      method="post"
      action={action}
      encType={sends === undefined ? undefined : 'multipart/form-data'}
      {...rest}
    >
      {session === null ? null : <input type="hidden" name="csrf" value={session.csrfToken} />}
      {children}
    </form>
  );
}
