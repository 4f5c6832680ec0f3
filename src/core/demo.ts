/** What the demo makes and its tour looks at. All of it is made up, and everything has a name that begins with `demo`. */
export const demo = {
  /** Open to everybody: somebody joins it. */
  openGroup: 'demo-chess-club',
  /** Joined by request: somebody asked. */
  askedGroup: 'demo-debating-society',
  /** Small, nested and pushed: somebody is added there. */
  staffGroup: 'demo-staff',
  /** The group whose effective members go downstream. */
  university: 'demo-university',
  /** Taken out of the students by the file that a guard holds. */
  poisonedFile: 'demo-poisoned.csv',
  /** The client that plays the identity provider. */
  client: 'demo-idp',
  adminClient: 'demo-admin',
} as const;
