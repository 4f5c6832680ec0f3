import { Badge, type BadgeTone } from '../../components/badge.tsx';
import { useTexts } from '../../frame/here.ts';

/** The flags of a group that say yes or no. */
export const flagNames = ['internal', 'hidden', 'open', 'public', 'restricted'] as const;

export type FlagName = (typeof flagNames)[number];

export type Flags = Readonly<Record<FlagName, boolean>> & { readonly reserved_to: string | null };

const tones: Readonly<Record<FlagName, BadgeTone>> = {
  internal: 'neutral',
  hidden: 'neutral',
  open: 'good',
  public: 'good',
  restricted: 'warn',
};

/** What is set, each as a word. */
export function FlagBadges({ group }: { readonly group: Flags }) {
  const { flag } = useTexts().groups;
  return (
    <>
      {flagNames
        .filter((name) => group[name])
        .map((name) => (
          <Badge key={name} tone={tones[name]}>
            {flag[name]}
          </Badge>
        ))}
      {group.reserved_to === null ? null : <Badge tone="info">{flag.reserved(group.reserved_to)}</Badge>}
    </>
  );
}
