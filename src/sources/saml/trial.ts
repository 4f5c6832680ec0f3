/** What a login would do, found out by doing it and taking it back: the same way as a real one, to the last line. */
import type { Attribution } from '../../core/attribution.ts';
import { LoginRefused, type LoginReason } from '../../core/saml/reason.ts';
import { type Login, type SignedInUser, signIn } from '../../directory/logins.ts';
import { type Directory, perform } from '../../directory/work.ts';
import { groupsOfUser } from '../../store/effective/membership.ts';
import { nameUsers } from '../../store/lookup.ts';

export interface TriedLogin {
  /** Null for a login that would go well. */
  readonly refused: { readonly reason: LoginReason; readonly why: string } | null;
  readonly claims: Login['claims'];
  readonly outcome: {
    readonly account: SignedInUser['account'];
    readonly user: string;
    readonly affiliations: readonly string[];
    readonly gained: readonly string[];
    readonly lost: readonly string[];
    readonly isHeld: boolean;
    readonly lapsesAt: Date | null;
    readonly groups: readonly string[];
  } | null;
}

/** Most groups that are named. */
const SHOWN_GROUPS = 200;

/** Carries the outcome out of a transaction that must not be committed. */
class TakenBack extends Error {
  readonly outcome: NonNullable<TriedLogin['outcome']>;

  constructor(outcome: NonNullable<TriedLogin['outcome']>) {
    super('Taken back.');
    this.outcome = outcome;
  }
}

/** Tries a login out; nothing of it stays. */
export async function tryOut(directory: Directory, by: Attribution, login: Login): Promise<TriedLogin> {
  const { claims } = login;
  try {
    await perform(directory, by, async (work) => {
      const { user, ...outcome } = await signIn(work, login);
      const page = { after: 0, limit: SHOWN_GROUPS };
      const groups = (await groupsOfUser(work.tx, user, page)).map((group) => group.name);
      const name = (await nameUsers(work.tx, [user])).get(user)?.name ?? '';
      throw new TakenBack({ ...outcome, user: name, groups });
    });
  } catch (error) {
    if (error instanceof TakenBack) return { refused: null, claims, outcome: error.outcome };
    if (error instanceof LoginRefused) {
      return { refused: { reason: error.reason, why: error.message }, claims, outcome: null };
    }
    throw error;
  }
  throw new Error('A trial was not taken back.');
}
