import type { ComponentChildren } from 'preact';
import { useHere } from '../frame/here.ts';
import { opens } from '../frame/navigation.ts';

export interface WayToProps {
  /** Null where there is no page any more. */
  readonly href: string | null;
  /** Of a page that is known to be open to whoever sees this one. */
  readonly isOpen?: boolean;
  readonly children: ComponentChildren;
}

/** Leads to a page of the console; where there is none, or to whom it is closed, it is the text alone. */
export function WayTo({ href, isOpen = false, children }: WayToProps) {
  const { session } = useHere();
  if (href === null) return <>{children}</>;
  const leads = isOpen || (session !== null && opens(session.person, href));
  return leads ? <a href={href}>{children}</a> : <>{children}</>;
}
