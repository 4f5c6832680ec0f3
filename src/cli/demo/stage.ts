/** Where the demo plays: the instance that runs already, or one started for as long as the demo takes. */
import { readRunning } from '../../boot/running.ts';
import type { Settings } from '../../config.ts';
import { type Child, startChild } from './child.ts';
import { waitFor } from './wait.ts';

export interface Stage {
  /** Where the instance listens. */
  readonly address: string;
  readonly watchDir: string;
  /** True when it was started for the demo. */
  readonly isOwn: boolean;
  close(): Promise<void>;
}

/**
 * Finds the running instance of these settings, or starts one; `program` is the script behind `muster`, `config`
 * the settings file that was asked for.
 */
export async function openStage(
  settings: Settings,
  { program, config }: { readonly program: string; readonly config: string | undefined },
): Promise<Stage> {
  const running = await readyInstance(settings);
  if (running !== null) return { ...running, isOwn: false, close: () => Promise.resolve() };
  const child: Child = startChild(program, ['serve'], {
    MUSTER_LOG_LEVEL: 'warn',
    ...(config === undefined ? {} : { MUSTER_CONFIG: config }),
  });
  try {
    await child.line(/Muster runs at/);
    const started = await waitFor('the instance to be ready', () => readyInstance(settings));
    return { ...started, isOwn: true, close: () => child.stop() };
  } catch (error) {
    await child.stop();
    throw error;
  }
}

async function readyInstance({
  dataDir,
}: Settings): Promise<{ readonly address: string; readonly watchDir: string } | null> {
  const running = readRunning(dataDir);
  if (running === null) return null;
  try {
    const answer = await fetch(`${running.address}/readyz`, { signal: AbortSignal.timeout(2_000) });
    return answer.ok ? { address: running.address, watchDir: running.watchDir } : null;
  } catch {
    return null;
  }
}
