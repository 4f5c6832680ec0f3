import type { ComponentChildren } from 'preact';

/** Colour says nothing that the text does not. */
export type BadgeTone = 'neutral' | 'good' | 'warn' | 'bad' | 'info';

/** A short word about the state of something. */
export function Badge({
  tone = 'neutral',
  children,
}: {
  readonly tone?: BadgeTone;
  readonly children: ComponentChildren;
}) {
  return <span class={`badge ${tone}`}>{children}</span>;
}
