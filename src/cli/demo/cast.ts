/** Who and what the demo makes. Everything has a name that starts with `demo`, by which it is taken away again. */

export const people = [
  'demo.lecturer1',
  'demo.lecturer2',
  'demo.librarian',
  'demo.student1',
  'demo.student2',
];

/** The group that the identity provider pushes, with its members. */
export const pushed = { name: 'demo-lecturers', members: ['demo.lecturer1', 'demo.lecturer2'] };

/** What the portal drops: groups in groups, two people, and the roles of one group. */
export const portalFile = {
  name: 'demo-portal.csv',
  text: [
    'group,role,username,isgroup,action',
    'demo-staff,,demo-lecturers,true,import',
    'demo-staff,,demo.librarian,false,import',
    'demo-university,member,demo-staff,true,import',
    'demo-university,,demo.student1,false,import',
    '',
  ].join('\n'),
};

/** The group whose effective members go downstream. */
export const outer = {
  name: 'demo-university',
  effective: ['demo.lecturer1', 'demo.lecturer2', 'demo.librarian', 'demo.student1'],
};

export const groups = ['demo-university', 'demo-staff', 'demo-lecturers'];
export const targets = ['demo-directory', 'demo-webhook'];
/** The clients that the demo's identity provider and administrator use. */
export const clients = { idp: 'demo-idp', admin: 'demo-admin' };
