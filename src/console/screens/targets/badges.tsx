import { Badge, type BadgeTone } from '../../components/badge.tsx';
import { useTexts } from '../../frame/here.ts';
import type { TargetHealth, TargetView } from '../../../targets/admin/view.ts';

const tones = {
  ok: 'good',
  off: 'neutral',
  paused: 'warn',
  pausing: 'info',
  down: 'bad',
  quarantined: 'bad',
} as const satisfies Record<TargetHealth['state'], BadgeTone>;

/** Whether a target answers. */
export function HealthBadge({ health: { state } }: { readonly health: TargetHealth }) {
  return <Badge tone={tones[state]}>{useTexts().targets.health[state]}</Badge>;
}

/** Whether it is pushed to. */
export function ModeBadge({ mode }: Pick<TargetView, 'mode'>) {
  const { modes } = useTexts().targets;
  return <Badge tone={mode === 'enforce' ? 'info' : 'neutral'}>{modes[mode] ?? mode}</Badge>;
}
