import type { ComponentChildren } from 'preact';

/** `main` is what the page is for, once a page; `danger` takes something away; `plain` all others. */
export type ButtonTone = 'main' | 'plain' | 'danger';

export interface ButtonProps {
  readonly tone?: ButtonTone;
  readonly size?: 'normal' | 'small';
  readonly name?: string;
  readonly value?: string;
  /** Another address than the form's own. */
  readonly formAction?: string;
  /** What it says to those who do not see where it stands: "Remove ada from Scouts". */
  readonly label?: string;
  readonly children: ComponentChildren;
}

/** Sends the form that it stands in. */
export function Button({ tone = 'main', size = 'normal', label, children, ...rest }: ButtonProps) {
  return (
    <button class={`button ${tone} ${size}`} aria-label={label} {...rest}>
      {children}
    </button>
  );
}

export interface LinkButtonProps {
  readonly href: string;
  readonly tone?: ButtonTone;
  readonly size?: 'normal' | 'small';
  readonly label?: string;
  readonly children: ComponentChildren;
}

/** Leads to a page where something is done. */
export function LinkButton({ href, tone = 'main', size = 'normal', label, children }: LinkButtonProps) {
  return (
    <a class={`button ${tone} ${size}`} href={href} aria-label={label}>
      {children}
    </a>
  );
}
