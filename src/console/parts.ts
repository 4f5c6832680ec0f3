/** What the screens are built of. */
import type { Logger } from 'pino';
import type { GuardLimits } from '../core/plans/limits.ts';
import type { Registry } from '../core/scim/registry.ts';
import type { IndexReads } from '../effective/asks.ts';
import type { AuditVerification } from '../directory/audit/verification.ts';
import type { Directory } from '../directory/work.ts';
import type { DoorContext } from '../http/context.ts';
import type { Sessions } from '../http/session.ts';
import type { Attribution } from '../core/attribution.ts';
import type { DecisionParts } from '../plans/decisions.ts';
import type { ImportParts } from '../sources/feeds/import-file.ts';
import type { Providers } from '../sources/saml/admin.ts';
import type { Targets } from '../targets/admin/verbs.ts';
import type { PlanRow } from '../store/plans/plans.ts';
import type { EndedSession } from '../store/sessions.ts';

/** Where a browser ends the session of its identity provider. */
export interface Onward {
  readonly address: string;
  /** What the provider is called. */
  readonly provider: string;
}

/** A setting in force; secrets are masked. */
export interface SettingShown {
  readonly name: string;
  /** Null where it is not set. */
  readonly value: string | null;
  readonly origin: string;
}

/** What one look at the installation came to. */
export interface FindingShown {
  readonly check: string;
  readonly state: 'good' | 'notice' | 'mended' | 'bad';
  readonly says: string;
  /** What to do about it; null where nothing is to be done. */
  readonly fix: string | null;
}

export interface ConsoleParts {
  readonly directory: Directory;
  readonly sessions: Sessions;
  readonly log: Logger;
  /** Where a browser goes on to from a session that it has ended here; null for nowhere. */
  readonly leave: (context: DoorContext, ended: EndedSession) => Promise<Onward | null>;
  readonly random: (bytes: number) => Buffer;
  readonly imports: ImportParts;
  readonly decisions: DecisionParts;
  readonly settings: () => readonly SettingShown[];
  /** Looks the installation over. */
  readonly examine: () => Promise<readonly FindingShown[]>;
  /** Checks every sealed entry of the log (D-40). */
  readonly verifyAudit: () => Promise<AuditVerification>;
  readonly targets: Targets;
  readonly providers: Providers;
  /** As others see the installation, such as `https://muster.example`. */
  readonly baseUrl: string;
  /** Writes down traces of requests that this instance has not written yet. */
  readonly flushTraces: () => Promise<void>;
  /** Plans to undo an applied plan. Refuses `plan.not_undoable`. */
  readonly planUndo: (plan: PlanRow, by: Attribution) => Promise<PlanRow>;
  /** What people's own edits may take away unasked (D-31). */
  readonly guards: GuardLimits;
  readonly registry: Registry;
  readonly index: IndexReads;
  /** Days for which the past can be asked about. */
  readonly historyDays: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}
