/** A push that somebody asked for, step by step. */
export const targetPush = {
  title: (name: string) => `Push to ${name}`,
  deliverTitle: (name: string) => `Deliver to ${name}`,
  states: {
    waiting: 'It is about to begin.',
    running: 'It is under way. This page follows by itself.',
    done: 'Done.',
    failed: 'It did not work out.',
  },
  hindrances: {
    circuit: 'It does not answer. What is left is sent when it does.',
    guard: 'A guard holds the rest; nothing of that was sent.',
  },
  steps: 'Steps',
  noSteps: 'There was nothing to send.',
  /** What a look that went well found. */
  looks: {
    probe: 'it answers',
    observe: 'looked at',
    'observe-members': 'looked at',
  } as Readonly<Record<string, string>>,
  left: 'A push leaves alone what was refused before. Send again, on the page of the target, sends that too.',
  operations: {
    probe: 'ask whether it answers',
    observe: 'look at it whole',
    'observe-members': 'look at members',
    canary: 'check of the first five',
    name: 'name',
    circuit: 'stopped',
    guard: 'held by a guard',
    mode: 'mode',
    deliver: 'deliver',
  } as Readonly<Record<string, string>>,
  at: 'At',
  operation: 'What',
  what: 'Whom',
  outcome: 'Outcome',
};
