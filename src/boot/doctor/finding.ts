/** What one look at the installation came to. `notice` works as it is, and is worth knowing; `mended` was wrong until now. */
export interface Finding {
  readonly check: string;
  readonly state: 'good' | 'notice' | 'mended' | 'bad';
  readonly says: string;
  /** What to do about it; null where nothing is to be done. */
  readonly fix: string | null;
}

export function good(check: string, says: string): Finding {
  return { check, state: 'good', says, fix: null };
}

export function notice(check: string, says: string, fix: string | null = null): Finding {
  return { check, state: 'notice', says, fix };
}

export function mended(check: string, says: string): Finding {
  return { check, state: 'mended', says, fix: null };
}

export function bad(check: string, says: string, fix: string): Finding {
  return { check, state: 'bad', says, fix };
}
