export interface Tab {
  readonly href: string;
  readonly text: string;
  readonly count?: number;
}

/** Pages of one thing, beside each other: links, each at its own address. */
export function Tabs({
  label,
  tabs,
  at,
}: {
  readonly label: string;
  readonly tabs: readonly Tab[];
  /** Address of the one that is shown. */
  readonly at: string;
}) {
  return (
    <nav class="tabs" aria-label={label}>
      <ul>
        {tabs.map(({ href, text, count }) => (
          <li key={href}>
            <a href={href} aria-current={href === at ? 'page' : undefined}>
              {text}
              {count === undefined ? null : <span class="tab-count"> {count}</span>}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
