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

/** Whether a target answers, as far as anybody tried; nothing of one that is off, for that says its mode. */
export function HealthBadge({
  health: { state },
  isTried,
}: {
  readonly health: TargetHealth;
  readonly isTried: boolean;
}) {
  const { health, untried } = useTexts().targets;
  if (state === 'off') return null;
  if (state === 'ok' && !isTried) return <Badge>{untried}</Badge>;
  return <Badge tone={tones[state]}>{health[state]}</Badge>;
}

/** Whether it is pushed to. */
export function ModeBadge({ mode }: Pick<TargetView, 'mode'>) {
  const { modes } = useTexts().targets;
  return <Badge tone={mode === 'enforce' ? 'info' : 'neutral'}>{modes[mode] ?? mode}</Badge>;
}
