/** The pages at the end of a login: one that did not work, one that was tried out, and a logout. */
import type { Claims } from '../core/saml/claims.ts';
import type { ComponentChildren } from 'preact';
import { Details } from './components/details.tsx';
import { Remark } from './components/notice-box.tsx';
import { PageHeader } from './components/page-header.tsx';
import { Trouble } from './components/trouble.tsx';
import { pageText } from './frame/page.tsx';
import type { Onward } from './parts.ts';
import { en } from './texts/en.ts';

/** What the page of a login that was tried out shows. */
interface Trial {
  readonly refused: { readonly reason: string; readonly why: string } | null;
  readonly claims: Claims;
  readonly outcome: {
    readonly account: string;
    readonly user: string;
    readonly affiliations: readonly string[];
    readonly gained: readonly string[];
    readonly lost: readonly string[];
    readonly isHeld: boolean;
    readonly groups: readonly string[];
  } | null;
}

/** A login that was refused: what happened, and what to tell whoever can help. */
export function refusedPage({
  sentence,
  requestId,
}: {
  readonly sentence: string;
  readonly requestId: string;
}): string {
  const title = 'You are not signed in';
  const hint = 'Try again from the first page. If it goes on, tell your administrator the number below.';
  return outside(
    title,
    <Trouble title={title} what={sentence} hint={hint} requestId={requestId} back={null} />,
  );
}

/** On the way to the provider, which the browser goes on to by itself. */
export function leavingPage({ address, provider }: Onward): string {
  return outside(
    'Signed out',
    <>
      <PageHeader title="You are signed out of Muster" />
      <p>
        <a href={address}>{`Sign out of ${provider} too`}</a>
      </p>
    </>,
  );
}

/** The provider's logout has reached us, or its answer to ours. */
export function signedOutPage({ isOverAtProvider }: { readonly isOverAtProvider: boolean }): string {
  return outside(
    'Signed out',
    <>
      <PageHeader title="You are signed out" />
      {isOverAtProvider ? null : (
        <Remark tone="problem">
          <p>
            The identity provider did not sign you out everywhere. Close the browser if others use this
            machine.
          </p>
        </Remark>
      )}
      <p>
        <a href="/">{en.shell.trouble.home}</a>
      </p>
    </>,
  );
}

/** What a login would have done. */
export function triedPage({ refused, claims, outcome }: Trial): string {
  return outside(
    'Login tried out',
    <>
      <PageHeader title="Login tried out" lead="Nothing of it was kept, and nobody was signed in." />
      {refused === null ? null : (
        <Remark tone="problem">
          <p>{`It would be refused: ${refused.why} (${refused.reason})`}</p>
        </Remark>
      )}
      <h2>What the provider said</h2>
      <ClaimList claims={claims} />
      {outcome === null ? null : (
        <>
          <h2>What it would do</h2>
          <Details
            items={[
              { name: 'Account', value: `${outcome.user} (${outcome.account})` },
              { name: 'Affiliations', value: listed(outcome.affiliations) },
              { name: 'Gained', value: listed(outcome.gained) },
              { name: 'Lost', value: outcome.isHeld ? 'held by the breaker' : listed(outcome.lost) },
              { name: 'Groups', value: listed(outcome.groups) },
            ]}
          />
        </>
      )}
    </>,
  );
}

function ClaimList({ claims }: { readonly claims: Claims }) {
  const affiliations = claims.affiliations?.map(({ value, scope }) =>
    scope === null ? value : `${value}@${scope}`,
  );
  return (
    <Details
      items={[
        { name: 'Login keys', value: listed(claims.loginKeys.map(({ kind, value }) => `${kind} ${value}`)) },
        { name: 'userName', value: claims.userName ?? 'none' },
        { name: 'e-mail', value: claims.email ?? 'none' },
        { name: 'Affiliations', value: affiliations === undefined ? 'not mentioned' : listed(affiliations) },
        { name: 'Left out: scope of others', value: listed(claims.dropped) },
        { name: 'Attributes without meaning here', value: listed(claims.unused) },
      ]}
    />
  );
}

function listed(items: readonly string[]): string {
  return items.length === 0 ? 'none' : items.join(', ');
}

/** A page for somebody who may not be signed in. It shows no times, so that it needs no clock. */
function outside(title: string, children: ComponentChildren): string {
  const here = {
    t: en,
    now: new Date(0),
    session: null,
    path: '/',
    theme: 'auto',
    notice: null,
    waiting: {},
  } as const;
  return pageText(here, { title, children });
}
