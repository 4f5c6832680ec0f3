/**
 * Learning how many members a target takes in one request (O-04). A refusal of many may be about their number or
 * about one of them. The chunk is halved; when all of its members went through in smaller parts, it was the
 * number, and that is remembered with its evidence; when a single one is refused, it was that member.
 */
import { mayBeTooMany } from './http-answer.ts';
import { isSettled, type Outcome } from './outcome.ts';

/** What made us lower the number, for whoever wonders later. */
export interface ChunkEvidence {
  readonly code: number;
  readonly refused: number;
  readonly accepted: number;
}

/** A refused chunk that is being sent in smaller parts. */
export interface Trial {
  readonly size: number;
  readonly refused: number;
  readonly code: number;
  /** Members of it that went through since. */
  readonly accepted: number;
}

export interface ChunkVerdict {
  /** The trial to go on with; null when none is under way. */
  readonly trial: Trial | null;
  /** The number to remember. */
  readonly learned: ChunkEvidence | null;
  /** The one member that this request was about is what the target refuses. */
  readonly isAboutMember: boolean;
}

/** Judges the outcome of a request with `sent` members. */
export function judgeChunk(trial: Trial | null, outcome: Outcome, sent: number): ChunkVerdict {
  if (isSettled(outcome)) {
    if (trial === null) return { trial: null, learned: null, isAboutMember: false };
    const accepted = trial.accepted + sent;
    return accepted >= trial.refused
      ? {
          trial: null,
          learned: { code: trial.code, refused: trial.refused, accepted: trial.size },
          isAboutMember: false,
        }
      : { trial: { ...trial, accepted }, learned: null, isAboutMember: false };
  }
  if (outcome.kind !== 'rejected' && outcome.kind !== 'missing')
    return { trial, learned: null, isAboutMember: false };
  if (sent <= 1) return { trial: null, learned: null, isAboutMember: true };
  const code = outcome.kind === 'rejected' ? outcome.code : 404;
  if (outcome.kind === 'rejected' && !mayBeTooMany(outcome) && outcome.code !== 0) {
    return { trial: null, learned: null, isAboutMember: false };
  }
  const size = Math.ceil(sent / 2);
  const first = trial ?? { refused: sent, code };
  return {
    trial: { size, refused: first.refused, code: first.code, accepted: 0 },
    learned: null,
    isAboutMember: false,
  };
}
