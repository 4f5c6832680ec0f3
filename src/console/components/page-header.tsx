import type { ComponentChildren } from 'preact';

export interface PageHeaderProps {
  readonly title: string;
  /** Beside the title: badges. */
  readonly beside?: ComponentChildren;
  /** One sentence: what the page is about. */
  readonly lead?: ComponentChildren;
  /** Buttons. */
  readonly actions?: ComponentChildren;
}

/** What stands above a page. */
export function PageHeader({ title, beside, lead, actions }: PageHeaderProps) {
  return (
    <div class="page-header">
      <div class="page-title">
        <h1>
          {title} {beside}
        </h1>
        {lead === undefined ? null : <p class="lead">{lead}</p>}
      </div>
      {actions === undefined ? null : <div class="actions">{actions}</div>}
    </div>
  );
}
