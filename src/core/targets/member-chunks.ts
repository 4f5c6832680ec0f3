/**
 * Learning how many members a target takes in one request (O-04). A refusal of many may be about their number or
 * about one of them. The chunk is halved; when all of its members went through in smaller parts, it was the
 * number, and that is remembered with its evidence; when a single one is refused, it was that member. Behind a
 * refused member the parts begin at one and double, so that a target which refuses everybody is asked once a member
 * and not a whole row of halves.
 */
import { isOfRequest, mayBeTooMany } from './http-answer.ts';
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
  /** How many were refused at once; null behind a refused member, where nothing is learned of numbers. */
  readonly refused: number | null;
  readonly code: number;
  /** Members of it that went through since. */
  readonly accepted: number;
}

export interface ChunkVerdict {
  /** The trial to go on with; null when none is under way. */
  readonly trial: Trial | null;
  /** The number to remember. */
  readonly learned: ChunkEvidence | null;
  /** What the target refuses: the one member that this request was about, or requests of this kind whoever it is. */
  readonly refuses: 'member' | 'request' | null;
}

const NOTHING = { learned: null, refuses: null } as const;

/** Judges the outcome of a request with `sent` members. */
export function judgeChunk(trial: Trial | null, outcome: Outcome, sent: number): ChunkVerdict {
  if (isSettled(outcome)) return trial === null ? { trial, ...NOTHING } : afterSuccess(trial, sent);
  if (outcome.kind !== 'rejected' && outcome.kind !== 'missing' && outcome.kind !== 'conflict') {
    return { trial, ...NOTHING };
  }
  if (isOfRequest(outcome)) return { trial: null, learned: null, refuses: 'request' };
  const code = outcome.kind === 'rejected' ? outcome.code : outcome.kind === 'missing' ? 404 : 409;
  if (sent <= 1) {
    const next = trial === null ? null : { size: 1, refused: null, code, accepted: 0 };
    return { trial: next, learned: null, refuses: 'member' };
  }
  const first =
    trial?.refused == null ? { refused: sent, code } : { refused: trial.refused, code: trial.code };
  return { trial: { size: Math.ceil(sent / 2), accepted: 0, ...first }, ...NOTHING };
}

function afterSuccess(trial: Trial, sent: number): ChunkVerdict {
  const { size, refused, code } = trial;
  if (refused === null) return { trial: sent < size ? null : { ...trial, size: size * 2 }, ...NOTHING };
  const accepted = trial.accepted + sent;
  if (accepted < refused) return { trial: { ...trial, accepted }, ...NOTHING };
  return {
    trial: null,
    learned: isAboutNumber(code) ? { code, refused, accepted: size } : null,
    refuses: null,
  };
}

/** What refused many may have passed by itself; only some answers are a sign of a limit. */
function isAboutNumber(code: number): boolean {
  return code === 0 || code === 404 || mayBeTooMany({ kind: 'rejected', code, why: '' });
}
