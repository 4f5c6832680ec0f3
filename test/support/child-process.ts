import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A process of the test's own, once it has said that it is ready. */
export interface Child {
  readonly process: ChildProcess;
  /** What followed the word that it announced itself with. */
  readonly said: string;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts a Node process and waits for a line on its stdout that begins with `word`. */
export async function startChild(
  args: readonly string[],
  { word, env = {} }: { word: string; env?: Readonly<Record<string, string>> },
): Promise<Child> {
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const said = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith(`${word} `) || line === word) resolve(line.slice(word.length).trim());
    });
    child.once('exit', (code) =>
      reject(new Error(`${args.join(' ')} ended with ${code} before it was ready`)),
    );
  });
  return {
    process: child,
    said,
    stop: async (signal = 'SIGKILL') => {
      child.kill(signal);
      await ended;
    },
  };
}
