/** Real processes that play a part in the demo: each is one of ours, started with Node, ended by its own pid. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

export interface Child {
  /** The first line it printed that matches; fails when it ends before. */
  line(pattern: RegExp): Promise<RegExpExecArray>;
  /** Asks it to end and waits for it. */
  stop(): Promise<void>;
}

/** Starts a program with this process's own Node. */
export function startChild(
  script: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Child {
  const tie = new URL(import.meta.url.endsWith('.ts') ? './tie.ts' : './tie.js', import.meta.url).href;
  const child = spawn(process.execPath, ['--import', tie, script, ...words], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const heard = { text: '', listeners: new Set<() => void>() };
  const hear = (piece: Buffer): void => {
    heard.text += piece.toString('utf8');
    heard.listeners.forEach((listener) => listener());
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  return {
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(heard.text);
          if (found === null) return;
          heard.listeners.delete(look);
          resolve(found);
        };
        heard.listeners.add(look);
        child.once('exit', (code) => reject(new Error(`A part of the demo ended (${code}): ${heard.text}`)));
        look();
      }),
    stop: () => stop(child),
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
