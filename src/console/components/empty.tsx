import type { ComponentChildren } from 'preact';

export interface EmptyProps {
  /** That there is nothing. */
  readonly title: string;
  /** What to do next. */
  readonly children?: ComponentChildren;
  readonly action?: ComponentChildren;
}

/** Stands where a list would be that has nothing yet. */
export function Empty({ title, children, action }: EmptyProps) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children === undefined ? null : <p>{children}</p>}
      {action === undefined ? null : <div class="actions">{action}</div>}
    </div>
  );
}
