/** Hands over what comes in groups: while one group is worked on, whatever else comes waits and makes the next. */
export class Gathering<Item> {
  readonly #work: (items: readonly Item[]) => Promise<void>;
  #waiting: Item[] = [];
  #running: Promise<void> = Promise.resolve();
  #isRunning = false;
  #failure: { readonly error: unknown } | null = null;

  constructor(work: (items: readonly Item[]) => Promise<void>) {
    this.#work = work;
  }

  /** Never waits. After a failure nothing more is worked on; {@link done} tells of it. */
  add(item: Item): void {
    this.#waiting.push(item);
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#running = this.#run();
  }

  /** Once everything was worked on. Rejects with the first failure. */
  async done(): Promise<void> {
    await this.#running;
    if (this.#failure !== null) throw this.#failure.error;
  }

  async #run(): Promise<void> {
    try {
      while (this.#waiting.length > 0 && this.#failure === null) await this.#work(this.#waiting.splice(0));
    } catch (error) {
      this.#failure = { error };
    } finally {
      this.#isRunning = false;
    }
  }
}
