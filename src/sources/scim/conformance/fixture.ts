/** Fixtures: what a provider really sends, and what it needs to get back. Their ids are those of the catalogue. */
import { type Probe, Unmet } from './probe.ts';

export interface Fixture {
  readonly id: string;
  /** What the provider does. */
  readonly title: string;
  /** Throws {@link Unmet} where the server does not do its part. */
  readonly run: (probe: Probe) => Promise<unknown>;
}

/** All fixtures of one provider. */
export interface Chapter {
  readonly provider: string;
  readonly fixtures: readonly Fixture[];
}

export interface Outcome {
  readonly id: string;
  readonly provider: string;
  readonly title: string;
  /** What was not met; null when all was. */
  readonly unmet: string | null;
}

/** Runs one fixture and takes away what it made. An error of the network counts as not met, in its own words. */
export async function runFixture(provider: string, fixture: Fixture, probe: Probe): Promise<Outcome> {
  const { id, title } = fixture;
  try {
    await fixture.run(probe);
    return { id, provider, title, unmet: null };
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    return { id, provider, title, unmet: error instanceof Unmet ? what : `it could not be asked: ${what}` };
  } finally {
    await probe.cleanUp().catch(() => undefined);
  }
}
