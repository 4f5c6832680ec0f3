import type { ComponentChildren } from 'preact';
import { useTexts } from '../frame/here.ts';

export interface SearchBoxProps {
  readonly action: string;
  readonly label: string;
  readonly value: string;
  readonly name?: string;
  /** Id of the part of the page that holds what is found: htmx puts the new one there while one types. */
  readonly results: string;
  readonly placeholder?: string;
  /** Other fields of the same form: filters. */
  readonly children?: ComponentChildren;
}

/** A form that searches: by its button without scripts, while typing with them. */
export function SearchBox({
  action,
  label,
  value,
  name = 'q',
  results,
  placeholder,
  children,
}: SearchBoxProps) {
  const t = useTexts();
  const target = `#${results}`;
  return (
    <form
      class="search"
      role="search"
      aria-label={label}
      method="get"
      action={action}
      hx-get={action}
      hx-trigger="submit, change, input delay:200ms from:find input[type=search]"
      hx-target={target}
      hx-select={target}
      hx-swap="outerHTML"
      hx-replace-url="true"
      hx-sync="this:replace"
    >
      <div class="search-line">
        <label class="sr" for={`search-${name}`}>
          {label}
        </label>
        <input
          type="search"
          id={`search-${name}`}
          name={name}
          value={value}
          placeholder={placeholder ?? label}
          autocomplete="off"
          spellcheck={false}
        />
        <button class="button plain normal">{t.shell.search}</button>
      </div>
      {children}
    </form>
  );
}
