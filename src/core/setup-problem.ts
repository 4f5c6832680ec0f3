/**
 * Something about the installation that a person has to mend before Muster can run: a setting, a folder, a
 * missing part. Not a fault of the program: the command line shows the sentence and the steps, without a stack,
 * and ends with exit code 3.
 */
export class SetupProblem extends Error {
  /** What to do about it, one step a line; may be empty. */
  readonly steps: readonly string[];

  constructor(what: string, steps: readonly string[] = []) {
    super(what);
    this.name = 'SetupProblem';
    this.steps = steps;
  }
}

/** A part of the installation that is set up and does not answer, such as the database; exit code 6. */
export class Unreachable extends SetupProblem {
  constructor(what: string, steps: readonly string[] = []) {
    super(what, steps);
    this.name = 'Unreachable';
  }
}
