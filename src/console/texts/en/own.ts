/** My groups: mine, joinable, waiting; the join link. */
export const own = {
  title: 'My groups',
  lead: 'What you belong to, what waits, and what you may join.',
  mine: 'You belong to',
  group: 'Group',
  how: 'Member',
  roles: 'Roles',
  directly: 'directly',
  through: (names: readonly string[]) =>
    names.length === 0 ? 'through another group' : `through ${names.join(', ')}`,
  noGroup: 'You belong to no group yet.',
  noGroupNext: 'Groups that you may join are listed below; a leader can also send you a link.',
  account: 'Your account',
  name: 'Name',
  permissions: 'Permissions',
  id: 'Id',
};
