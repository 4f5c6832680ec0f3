/**
 * Which account a login is for (feeds.md, The identity cell; D-10). The keys that only this provider can say find it
 * first; then the userName, where the provider may speak for it; then the e-mail, where the provider is trusted for
 * that. Every key that was given has to agree.
 */
import type { LoginReason } from './reason.ts';

/** An account that one of the keys found. */
export interface CandidateAccount {
  readonly n: number;
  readonly by: 'login' | 'userName' | 'email';
  /** Issuers of the login keys that it has. */
  readonly issuers: readonly string[];
}

export interface ChoiceRules {
  readonly issuer: string;
  /** The provider may sign in to accounts by their userName. */
  readonly maySayName: boolean;
  /** It may by their e-mail. */
  readonly maySayEmail: boolean;
}

export type Choice<Account extends CandidateAccount> =
  | { readonly kind: 'account'; readonly account: Account }
  | { readonly kind: 'nobody' }
  | { readonly kind: 'refused'; readonly reason: LoginReason };

/** Chooses among what the keys found. */
export function chooseAccount<Account extends CandidateAccount>(
  found: readonly Account[],
  { issuer, maySayName, maySayEmail }: ChoiceRules,
): Choice<Account> {
  const of = (by: CandidateAccount['by']): Account[] => found.filter((account) => account.by === by);
  const [bound] = of('login');
  const [named] = of('userName');
  const mailed = of('email');
  if (bound !== undefined) {
    const others = [...of('login'), ...of('userName')].filter(({ n }) => n !== bound.n);
    const isMailedElsewhere = mailed.length > 0 && mailed.every(({ n }) => n !== bound.n);
    return others.length > 0 || isMailedElsewhere
      ? refused('identity.conflict')
      : { kind: 'account', account: bound };
  }
  if (named !== undefined) {
    if (!maySayName) return refused('identity.unbound');
    if (mailed.length > 0 && mailed.every(({ n }) => n !== named.n)) return refused('identity.conflict');
    return unlessBound(named, issuer);
  }
  const people = new Set(mailed.map(({ n }) => n));
  const [only] = mailed;
  if (only === undefined) return { kind: 'nobody' };
  if (!maySayEmail) return refused('identity.unbound');
  return people.size > 1 ? refused('identity.ambiguous') : unlessBound(only, issuer);
}

/** An account that a provider already knows by a key of its own is not found again by a weaker one. */
function unlessBound<Account extends CandidateAccount>(account: Account, issuer: string): Choice<Account> {
  if (account.issuers.length === 0) return { kind: 'account', account };
  return refused(account.issuers.includes(issuer) ? 'identity.conflict' : 'identity.unbound');
}

function refused(reason: LoginReason): { readonly kind: 'refused'; readonly reason: LoginReason } {
  return { kind: 'refused', reason };
}
