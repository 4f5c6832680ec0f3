import { Badge, type BadgeTone } from '../../components/badge.tsx';
import { useTexts } from '../../frame/here.ts';
import { outcomeOf } from '../../../sources/feeds/filing.ts';
import type { RunRow } from '../../../store/feeds/run-rows.ts';

const tones = {
  applied: 'good',
  unchanged: 'neutral',
  refused: 'bad',
  rejected: 'bad',
  held: 'warn',
  pending: 'info',
} as const satisfies Record<ReturnType<typeof outcomeOf>, BadgeTone>;

/** What a run came to, or how far it is; a trial says so. */
export function RunBadges({ run }: { readonly run: RunRow }) {
  const t = useTexts().imports;
  const outcome = outcomeOf(run);
  return (
    <span class="badges">
      <Badge tone={tones[outcome]}>{outcome === 'pending' ? t.states[run.state] : t.outcomes[outcome]}</Badge>
      {run.dry_run ? <Badge tone="info">{t.trial}</Badge> : null}
    </span>
  );
}
