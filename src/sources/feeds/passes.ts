/** Passes over one folder: one at a time, the next after a while, at once when somebody rings. */

/** Makes a pass, and answers after how many milliseconds to make the next. Never fails. */
export type Pass = () => Promise<number>;

/** Makes passes from the first ring to `stop`. */
export class Passes {
  readonly #pass: Pass;
  /** Milliseconds between a pass and the next where somebody rang meanwhile. */
  readonly #soon: number;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> = Promise.resolve();
  #isPassing = false;
  #rang = false;
  #isStopping = false;

  constructor(pass: Pass, soon: number) {
    this.#pass = pass;
    this.#soon = soon;
  }

  /** Asks for a pass: now, or soon after the one in hand. */
  ring(): void {
    if (this.#isStopping) return;
    if (this.#isPassing) {
      this.#rang = true;
      return;
    }
    this.#isPassing = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#running = this.#pass().then((next) => {
      this.#isPassing = false;
      if (this.#isStopping) return;
      const after = this.#rang ? Math.min(next, this.#soon) : next;
      this.#rang = false;
      this.#timer = setTimeout(() => this.ring(), after);
    });
  }

  /** Waits for the pass in hand. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#running;
  }
}

/** Lets so many tasks run at once; the others wait in the order in which they came. */
export function limitedTo(most: number): <T>(task: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (task) => {
    if (running === most) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
