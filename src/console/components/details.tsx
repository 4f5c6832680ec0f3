import type { ComponentChildren } from 'preact';

export interface Detail {
  readonly name: string;
  readonly value: ComponentChildren;
}

/** Names and values. */
export function Details({ items }: { readonly items: readonly Detail[] }) {
  return (
    <dl class="details">
      {items.map(({ name, value }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A part of a page with a heading of its own. */
export function Card({
  title,
  actions,
  children,
}: {
  readonly title?: string;
  readonly actions?: ComponentChildren;
  readonly children: ComponentChildren;
}) {
  return (
    <section class="card">
      {title === undefined ? null : (
        <div class="card-head">
          <h2>{title}</h2>
          {actions === undefined ? null : <div class="actions">{actions}</div>}
        </div>
      )}
      {children}
    </section>
  );
}
