/**
 * A full look at a target (O-08): every six hours, spread out, and when somebody asks. It goes on one small step
 * at a time between the pushes of the same driver, so that neither holds the other up and nothing moves while a
 * step compares. Users and groups are listed; whom no list showed is asked for singly; then the members of every
 * group. What differs although nobody wanted it otherwise is written down, and where the mode allows it the ledger
 * is set to what was seen, from which the usual work mends it.
 *
 * It lives in memory only: a driver that dies begins a look that was due anew.
 */
import { backoffMs } from '../../../core/targets/retry.ts';
import { finishLook, readLookState } from '../../../store/targets/drift.ts';
import { fenced, isSendable, report, type TargetContext } from '../context.ts';
import { lookAtLists } from './lists.ts';
import type { Going, Look } from './look.ts';
import { lookAtPage, lookAtUnseen } from './objects.ts';

type Phase =
  | { readonly at: 'list'; readonly of: 'user' | 'group'; readonly after: string | null }
  | { readonly at: 'unseen'; readonly of: 'user' | 'group'; readonly after: number }
  | { readonly at: 'lists'; readonly after: number }
  | { readonly at: 'end' };

/** Failures of one listing after which its objects are asked for singly. */
const MOST_FAILURES = 3;
/** Whether a look is due is asked this often. */
const ASK_EVERY_MS = 500;
const FIRST: Phase = { at: 'list', of: 'user', after: null };
/** Role groups have numbers below 0. */
const FIRST_NUMBER = -2_147_483_648;

export class Survey {
  readonly #context: TargetContext;
  readonly #mends: boolean;
  #look: Look | null = null;
  #phase: Phase = FIRST;
  #failures = 0;
  /** Steps in a row that could not be done, and until when the next one waits, epoch ms. */
  #waits = 0;
  #until = -Infinity;
  #askedAt = -Infinity;

  constructor(context: TargetContext, { mends }: { readonly mends: boolean }) {
    this.#context = context;
    this.#mends = mends;
  }

  /** One small step if a look is due or under way; false when there was nothing to do. */
  async step(): Promise<boolean> {
    if (!isSendable(this.#context) || this.#context.world.now() < this.#until) return false;
    const look = (this.#look ??= await this.#begin());
    if (look === null) return false;
    const before = this.#phase;
    this.#phase = await this.#go(look, before);
    if (this.#phase.at !== 'end') return this.#phase !== before;
    await this.#finish(look);
    return true;
  }

  async #begin(): Promise<Look | null> {
    const { database, target, world } = this.#context;
    const sinceAsked = Math.abs(world.now() - this.#askedAt);
    if (sinceAsked < ASK_EVERY_MS) return null;
    this.#askedAt = world.now();
    const { is_due: isDue, now } = await readLookState(database, target, shareOf(target));
    if (!isDue) return null;
    this.#phase = FIRST;
    return { context: this.#context, mends: this.#mends, begun: now, blind: new Set() };
  }

  async #go(look: Look, phase: Phase): Promise<Phase> {
    switch (phase.at) {
      case 'list': {
        const going = await lookAtPage(look, phase);
        this.#noteWait(going);
        if ('waits' in going) return this.#again(phase, going.waits);
        this.#failures = 0;
        return going.next === null
          ? { at: 'unseen', of: phase.of, after: FIRST_NUMBER }
          : { ...phase, after: going.next };
      }
      case 'unseen': {
        const going = await lookAtUnseen(look, phase);
        this.#noteWait(going);
        if ('waits' in going) return phase;
        if (going.next !== null) return { ...phase, after: going.next };
        return phase.of === 'user'
          ? { at: 'list', of: 'group', after: null }
          : { at: 'lists', after: FIRST_NUMBER };
      }
      case 'lists': {
        const going = await lookAtLists(look, phase.after);
        this.#noteWait(going);
        if ('waits' in going) return phase;
        return going.next === null ? { at: 'end' } : { ...phase, after: going.next };
      }
      case 'end':
        return phase;
    }
  }

  /** What cannot be looked at is asked for again, after a while that grows (O-06). */
  #noteWait(going: Going<unknown>): void {
    const { world } = this.#context;
    this.#waits = 'waits' in going ? this.#waits + 1 : 0;
    this.#until = this.#waits === 0 ? -Infinity : world.now() + backoffMs(this.#waits, world.random());
  }

  /** A listing that was cut off begins anew, for its pages may hang together. */
  #again(phase: Extract<Phase, { at: 'list' }>, why: string): Phase {
    this.#failures += 1;
    if (this.#failures < MOST_FAILURES) return { ...phase, after: null };
    this.#failures = 0;
    this.#look?.blind.add(`${phase.of}s cannot be listed: ${why}`);
    return { at: 'unseen', of: phase.of, after: FIRST_NUMBER };
  }

  async #finish(look: Look): Promise<void> {
    const why = look.blind.size === 0 ? null : [...look.blind].slice(0, 10).join('; ');
    await fenced(this.#context, (tx) => finishLook(tx, this.#context.target, { begun: look.begun, why }));
    report(this.#context, 'observe', why ?? 'everything', { kind: 'noop' });
    this.#look = null;
    this.#phase = FIRST;
  }
}

/** Spreads the first looks of targets over the time between two. */
function shareOf(target: number): number {
  return ((target * 2_654_435_761) % 4_294_967_296) / 4_294_967_296;
}
