export interface Figure {
  readonly name: string;
  readonly value: string | number;
  readonly href?: string;
}

/** A few numbers, large, each under its name. */
export function Figures({ items }: { readonly items: readonly Figure[] }) {
  return (
    <dl class="figures">
      {items.map(({ name, value, href }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{href === undefined ? value : <a href={href}>{value}</a>}</dd>
        </div>
      ))}
    </dl>
  );
}
