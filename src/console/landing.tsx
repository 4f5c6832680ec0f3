/** The first page: who I am and what I belong to; or, for nobody, the ways to sign in. */
import type { SignedIn } from '../http/context.ts';
import type { OwnGroupRow } from '../store/effective/own-groups.ts';
import { Page } from './layout.tsx';

export interface WayIn {
  /** What the provider is called. */
  readonly title: string;
  readonly href: string;
}

export interface OwnPageProps {
  readonly session: SignedIn;
  readonly groups: readonly OwnGroupRow[];
}

/** For somebody who is signed in. */
export function OwnPage({ session, groups }: OwnPageProps) {
  const held = [...session.person.permissions].sort();
  return (
    <Page title="My groups" session={session}>
      <h1>{session.name}</h1>
      <dl>
        <dt>Permissions</dt>
        <dd>{held.length === 0 ? 'none' : held.join(', ')}</dd>
        <dt>Id</dt>
        <dd>
          <code>{session.person.id}</code>
        </dd>
      </dl>
      <h2>My groups</h2>
      {groups.length === 0 ? <p>You belong to no group.</p> : <GroupTable groups={groups} />}
    </Page>
  );
}

function GroupTable({ groups }: { readonly groups: readonly OwnGroupRow[] }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Group</th>
          <th scope="col">Member</th>
          <th scope="col">Roles</th>
        </tr>
      </thead>
      <tbody>
        {groups.map(({ id, name, direct, through, roles }) => (
          <tr key={id}>
            <th scope="row">{name}</th>
            <td>{direct ? 'directly' : throughText(through)}</td>
            <td>{roles.join(', ')}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function throughText(names: readonly string[]): string {
  return names.length === 0 ? 'through another group' : `through ${names.join(', ')}`;
}

/** For nobody yet. */
export function WelcomePage({ ways }: { readonly ways: readonly WayIn[] }) {
  return (
    <Page title="Sign in" session={null}>
      <h1>Sign in</h1>
      <ul class="plain">
        {ways.map(({ title, href }) => (
          <li key={href}>
            <a class="button" href={href}>
              {`Sign in with ${title}`}
            </a>
          </li>
        ))}
      </ul>
      {ways.length > 0 ? null : <p>No identity provider is set up yet.</p>}
      <p class="quiet">
        On the machine that Muster runs on, <code>npx muster admin link</code> prints a link that signs the
        administrator in.
      </p>
    </Page>
  );
}

/** A link that another site led to, or that a program fetched ahead: a person confirms it. */
export function ConfirmLinkPage({ action }: { readonly action: string }) {
  return (
    <Page title="Sign in" session={null}>
      <h1>Sign in</h1>
      <p>This link signs you in once. Use it only if you asked for it.</p>
      <form method="post" action={action}>
        <button>Sign in</button>
      </form>
    </Page>
  );
}

/** Something that did not work: what happened, and what to do. */
export function TroublePage({
  title,
  what,
  hint,
}: {
  readonly title: string;
  readonly what: string;
  readonly hint: string;
}) {
  return (
    <Page title={title} session={null}>
      <h1>{title}</h1>
      <p class="warning">{what}</p>
      <p>{hint}</p>
      <p>
        <a href="/">To the first page</a>
      </p>
    </Page>
  );
}
