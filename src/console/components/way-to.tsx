import type { ComponentChildren } from 'preact';
import { useHere } from '../frame/here.ts';
import { opens } from '../frame/navigation.ts';

export interface WayToProps {
  readonly href: string;
  /** Of a page that is known to be open to whoever sees this one. */
  readonly isOpen?: boolean;
  readonly children: ComponentChildren;
}

/** Leads to a page of the console; to whom that is closed it is the text alone. */
export function WayTo({ href, isOpen = false, children }: WayToProps) {
  const { session } = useHere();
  const leads = isOpen || (session !== null && opens(session.person, href));
  return leads ? <a href={href}>{children}</a> : <>{children}</>;
}
