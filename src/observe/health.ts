/** What a check found: null is good, a sentence says what is wrong (no secret and no address in it: it is public). */
export type Check = () => Promise<string | null>;

export type Phase = 'starting' | 'serving' | 'stopping';

/** Whether this process can take work. */
export interface Health {
  /** Adds a check that every look at readiness asks. */
  watch(name: string, check: Check): void;
  enter(phase: Phase): void;
  phase(): Phase;
  look(): Promise<Readiness>;
}

export interface Readiness {
  readonly isReady: boolean;
  readonly phase: Phase;
  /** `ok`, or the sentence of what is wrong, by check. */
  readonly checks: Readonly<Record<string, string>>;
}

/** Health of a process that is starting. Ready means: serving, and every check is good within its time. */
export function createHealth({ patienceMs }: { readonly patienceMs: number }): Health {
  const checks = new Map<string, Check>();
  let phase: Phase = 'starting';
  return {
    watch: (name, check) => void checks.set(name, check),
    enter: (next) => void (phase = next),
    phase: () => phase,
    look: async () => {
      const found = await Promise.all(
        [...checks].map(async ([name, check]) => [name, await ask(check, patienceMs)] as const),
      );
      const isReady = phase === 'serving' && found.every(([, sentence]) => sentence === 'ok');
      return { isReady, phase, checks: Object.fromEntries(found) };
    },
  };
}

async function ask(check: Check, patienceMs: number): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('no answer in time'), patienceMs);
  });
  try {
    return await Promise.race([check().then((sentence) => sentence ?? 'ok'), late]);
  } catch {
    return 'failed';
  } finally {
    clearTimeout(timer);
  }
}
