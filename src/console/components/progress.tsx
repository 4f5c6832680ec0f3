import type { ComponentChildren } from 'preact';

export interface ProgressProps {
  readonly label: string;
  readonly done: number;
  /** Null while nobody knows how much there is. */
  readonly total: number | null;
}

/** How far something is, in figures too. */
export function Progress({ label, done, total }: ProgressProps) {
  const figures = total === null ? `${done}` : `${done} / ${total}`;
  return (
    <div class="progress">
      <span id={`progress-${label}`}>{label}</span>
      <progress
        aria-labelledby={`progress-${label}`}
        value={total === null ? undefined : done}
        max={total ?? 1}
      />
      <span class="quiet">{figures}</span>
    </div>
  );
}

export interface LiveProps {
  readonly id: string;
  readonly path: string;
  /** Whether something is still under way: only then the page asks for this part again. */
  readonly isLive: boolean;
  readonly children: ComponentChildren;
}

/** A part of a page that follows what is under way; without scripts the page's own `refresh` does. */
export function Live({ id, path, isLive, children }: LiveProps) {
  const asking = isLive
    ? { 'hx-get': path, 'hx-trigger': 'every 1s', 'hx-select': `#${id}`, 'hx-swap': 'outerHTML' }
    : {};
  return (
    <div id={id} {...asking}>
      {children}
    </div>
  );
}
