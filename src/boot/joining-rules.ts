import type { Settings } from '../config.ts';
import type { JoiningRules } from '../core/joining.ts';

/** What an installation's settings say of joining. */
export function joiningRulesOf({ autoLeave, requestLoss, requestDays, smtpUrl }: Settings): JoiningRules {
  return { autoLeave, requestLoss, requestDays, mail: smtpUrl === null ? 'off' : 'on' };
}
