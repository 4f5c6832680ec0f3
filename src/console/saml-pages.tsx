/** The pages at the end of a login: one that did not work, one that was tried out, and a logout. */
import type { Claims } from '../core/saml/claims.ts';
import { Page, pageText } from './layout.tsx';
import { TroublePage } from './landing.tsx';

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
  const hint = `Try again from the first page. If it goes on, tell your administrator ${requestId}.`;
  return pageText(<TroublePage title="You are not signed in" what={sentence} hint={hint} />);
}

/** The provider's logout has reached us. */
export function signedOutPage(): string {
  return pageText(
    <Page title="Signed out" session={null}>
      <h1>You are signed out</h1>
      <p>
        <a href="/">To the first page</a>
      </p>
    </Page>,
  );
}

/** What a login would have done. */
export function triedPage({ refused, claims, outcome }: Trial): string {
  return pageText(
    <Page title="Login tried out" session={null}>
      <h1>Login tried out</h1>
      <p>Nothing of it was kept, and nobody was signed in.</p>
      {refused === null ? null : (
        <p class="warning">{`It would be refused: ${refused.why} (${refused.reason})`}</p>
      )}
      <h2>What the provider said</h2>
      <ClaimList claims={claims} />
      {outcome === null ? null : (
        <>
          <h2>What it would do</h2>
          <dl>
            <dt>Account</dt>
            <dd>{`${outcome.user} (${outcome.account})`}</dd>
            <dt>Affiliations</dt>
            <dd>{listed(outcome.affiliations)}</dd>
            <dt>Gained</dt>
            <dd>{listed(outcome.gained)}</dd>
            <dt>Lost</dt>
            <dd>{outcome.isHeld ? 'held by the breaker' : listed(outcome.lost)}</dd>
            <dt>Groups</dt>
            <dd>{listed(outcome.groups)}</dd>
          </dl>
        </>
      )}
    </Page>,
  );
}

function ClaimList({ claims }: { readonly claims: Claims }) {
  const affiliations = claims.affiliations?.map(({ value, scope }) =>
    scope === null ? value : `${value}@${scope}`,
  );
  return (
    <dl>
      <dt>Login keys</dt>
      <dd>{listed(claims.loginKeys.map(({ kind, value }) => `${kind} ${value}`))}</dd>
      <dt>userName</dt>
      <dd>{claims.userName ?? 'none'}</dd>
      <dt>e-mail</dt>
      <dd>{claims.email ?? 'none'}</dd>
      <dt>Affiliations</dt>
      <dd>{affiliations === undefined ? 'not mentioned' : listed(affiliations)}</dd>
      <dt>Left out: scope of others</dt>
      <dd>{listed(claims.dropped)}</dd>
      <dt>Attributes without meaning here</dt>
      <dd>{listed(claims.unused)}</dd>
    </dl>
  );
}

function listed(items: readonly string[]): string {
  return items.length === 0 ? 'none' : items.join(', ');
}
