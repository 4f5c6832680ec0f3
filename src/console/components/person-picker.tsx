import type { Suggestion } from '../../store/screens/suggestions.ts';
import { addressOf } from '../address.ts';
import { useTexts } from '../frame/here.ts';
import { LinkButton } from './button.tsx';
import { Card } from './details.tsx';
import { SearchBox } from './search-box.tsx';

export interface PersonPickerProps {
  readonly title: string;
  readonly lead: string;
  /** The page itself: `?q=` is what was typed, `?user=` the one that was picked. */
  readonly path: string;
  readonly typed: string;
  readonly found: readonly Suggestion[];
}

/** Whom a page is asked about: search as you type, and a link for each who may be meant. */
export function PersonPicker({ title, lead, path, typed, found }: PersonPickerProps) {
  const t = useTexts();
  const texts = t.members.whyPage;
  return (
    <Card title={title}>
      <p class="quiet">{lead}</p>
      <SearchBox action={path} label={texts.search} value={typed} results="found" />
      <div id="found" class="results">
        {typed === '' ? null : found.length === 0 ? (
          <p role="status">{t.members.add.nothing(typed)}</p>
        ) : (
          <ul class="suggestions">
            {found.map(({ id, name, about }) => (
              <li key={id}>
                <span>
                  <span class="strong">{name}</span>
                  {about === null ? null : <span class="under">{about}</span>}
                </span>
                <LinkButton
                  href={addressOf(path, { user: id })}
                  tone="plain"
                  size="small"
                  label={texts.pickLabel(name)}
                >
                  {texts.pick}
                </LinkButton>
              </li>
            ))}
          </ul>
        )}
      </div>
    </Card>
  );
}
