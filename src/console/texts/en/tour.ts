/** The tour that `muster demo` leaves. */
export const tour = {
  title: 'Tour',
  lead: 'Five steps through the university that the demo made. Each notices by itself when it is done.',
  none: 'There is no demo here.',
  noneNext: 'This makes one, and leaves the tour on this page:',
  command: 'npx muster demo',
  removal: 'All of it is taken away again, but for what the log and the list of imports tell, by',
  removeCommand: 'npx muster demo --remove',
  done: 'done',
  open: 'to do',
  allDone: 'You have seen the whole way. Connect what you have, and take the demo away.',
  progress: 'Steps done',
  go: 'Go there',
  steps: {
    join: {
      title: 'Join a group, and ask why',
      text: 'The chess club is open. Join it under My groups, then press Why? beside it.',
    },
    answer: {
      title: 'Answer a request',
      text: 'A student wants to join the debating society and says why. Approve or deny it.',
    },
    decide: {
      title: 'Stop a poisoned file',
      text: 'The student office dropped a file that would take everybody out of the students. A guard holds it: look at whom it concerns, then reject it, or approve it.',
    },
    add: {
      title: 'Add somebody, and see it arrive',
      text: 'Add a student to the staff. Two targets keep the staff, one as a mailing list and one for the library, and have the new member a moment later: look at the ledger of demo-library, under Targets.',
    },
    connect: {
      title: 'Connect an identity provider',
      text: 'Connect a client of your own, as Okta or Entra ID would be, and watch what it sends.',
    },
  },
};
