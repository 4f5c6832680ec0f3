/** Who and what the demo makes. Nobody of them exists; all names start with `demo`. */
import { demo } from '../../core/demo.ts';

/** Whom the identity provider pushes, with what they are called. */
export const pushedPeople = [
  { userName: 'demo.lecturer1', displayName: 'Professor Vera Stratus' },
  { userName: 'demo.lecturer2', displayName: 'Doctor Otto Ash' },
  { userName: 'demo.librarian', displayName: 'Linus Folio' },
  { userName: 'demo.student1', displayName: 'Ida Mist' },
  { userName: 'demo.student2', displayName: 'Jon Spark' },
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

const STUDENTS = 24;
const FIRST_STUDENT = 3;

/** Students whom the student office knows of. */
const students = Array.from({ length: STUDENTS }, (_, at) => `demo.student${at + FIRST_STUDENT}`);

const givenNames = ['Ada', 'Bela', 'Cleo', 'Dora', 'Emil', 'Finn', 'Greta', 'Hugo'];
const familyNames = ['Cirrus', 'Ember', 'Nimbus'];

/** What the nth of them is called: no two alike. */
function nameOf(at: number): readonly [given: string, family: string] {
  const [given = '', family = ''] = [
    givenNames[at % givenNames.length],
    familyNames[Math.floor(at / givenNames.length) % familyNames.length],
  ];
  return [given, family];
}

/** What the student office drops: people with the groups that they are in. */
export const studentsFile = {
  name: 'demo-students.csv',
  text: [
    'userName,email,givenName,familyName,displayName,active,department,groups',
    ...students.map((name, at) => {
      const [given, family] = nameOf(at);
      const faculty = at % 2 === 0 ? 'dragons' : 'clouds';
      const groups = `demo-students;demo-faculty-of-${faculty}`;
      return `${name},${name}@demo.example,${given},${family},${given} ${family},true,${faculty},${groups}`;
    }),
    '',
  ].join('\n'),
};

/** Groups in groups, as the portal has them. */
export const nestingsFile = {
  name: 'demo-nestings.csv',
  text: [
    'group,role,username,isgroup,action',
    'demo-faculties,,demo-faculty-of-dragons,true,import',
    'demo-faculties,,demo-faculty-of-clouds,true,import',
    'demo-university,,demo-students,true,import',
    'demo-university,,demo-faculties,true,import',
    '',
  ].join('\n'),
};

/** A mistake of the student office: it would take everybody out, and a guard holds it. */
export const poisonedFile = {
  name: demo.poisonedFile,
  text: [
    'group,role,username,isgroup,action',
    ...students.map((name) => `demo-students,,${name},false,delete`),
    '',
  ].join('\n'),
};

/** All that is dropped. */
export const files = [portalFile, studentsFile, nestingsFile, poisonedFile];

/** Groups that people join by themselves; the second by asking. */
export const clubs = [
  { name: demo.openGroup, description: 'Everybody may join', open: true },
  { name: demo.askedGroup, description: 'Somebody has to say yes', open: false },
];

/** Who asks to join the debating society. */
export const asker = { name: 'demo.student3', reason: 'I argue with everybody anyway.' };

/** Targets that stay after the demo: files that are really written. */
export const fileTargets = [
  { name: 'demo-mailing-lists', settings: { file: 'demo-mailing-lists.csv' } },
  { name: 'demo-library', settings: { file: 'demo-library.ndjson', format: 'ndjson' } },
];

/** The groups that these keep. The staff too, so that whoever is added there arrives, students of the university as well. */
export const kept = [demo.university, demo.staffGroup];

/** Everybody and everything, to be taken away again. */
export const allPeople = [...pushedPeople.map(({ userName }) => userName), ...students];
export const groups = [
  'demo-university',
  'demo-faculties',
  'demo-faculty-of-dragons',
  'demo-faculty-of-clouds',
  'demo-students',
  'demo-staff',
  'demo-lecturers',
  ...clubs.map(({ name }) => name),
];
export const targets = ['demo-directory', 'demo-webhook'];
/** The clients that the demo's identity provider and administrator use. */
export const clients = { idp: demo.client, admin: demo.adminClient };
