/** How an object stands at a target, in the words of the lists that it is found in. */
import { Badge, type BadgeTone } from '../../components/badge.tsx';
import { useTexts } from '../../frame/here.ts';

export interface StandingObject {
  readonly state: string;
  /** Of a group. */
  readonly members: { readonly state: string; readonly waiting: number; readonly blocked: number } | null;
}

const OPEN = new Set(['due', 'sending', 'resending', 'observing', 'backing-off']);

const tones = {
  conflict: 'bad',
  blocked: 'bad',
  pending: 'info',
  waiting: 'warn',
  settled: 'good',
  gone: 'neutral',
} as const satisfies Record<string, BadgeTone>;

/** True while something is to be sent of it. */
export function isOpen(state: string): boolean {
  return OPEN.has(state);
}

function wordsOf({ state, members }: StandingObject): (keyof typeof tones)[] {
  const states = [state, ...(members === null ? [] : [members.state])];
  const found = [
    ...(states.includes('conflict') ? (['conflict'] as const) : []),
    ...(states.includes('blocked') || (members?.blocked ?? 0) > 0 ? (['blocked'] as const) : []),
    ...(states.some(isOpen) ? (['pending'] as const) : []),
    ...((members?.waiting ?? 0) > 0 ? (['waiting'] as const) : []),
  ];
  return found.length > 0 ? found : [state === 'gone' ? 'gone' : 'settled'];
}

/** A badge for each list that the object stands in. */
export function StateBadges({ object }: { readonly object: StandingObject }) {
  const { objectStates } = useTexts().targets;
  return (
    <span class="badges">
      {wordsOf(object).map((word) => (
        <Badge key={word} tone={tones[word]}>
          {objectStates[word]}
        </Badge>
      ))}
    </span>
  );
}
