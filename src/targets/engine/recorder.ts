/** The steps of a push, as they are printed. */
import type { PushStep } from '../../store/targets/pushes.ts';

/** Collects the steps of the push that is under way; outside of one it forgets them. */
export class Recorder {
  #steps: PushStep[] | null = null;

  readonly record = (step: Omit<PushStep, 'at'>): void => {
    this.#steps?.push({ at: new Date().toISOString(), ...step });
  };

  begin(): void {
    this.#steps = [];
  }

  /** The steps since the last taking. */
  take(): PushStep[] {
    return this.#steps?.splice(0) ?? [];
  }

  end(): void {
    this.#steps = null;
  }
}
