/** Files to start from, one per format; the people in them do not exist. */
import type { Texts } from '../../texts/en.ts';

export const examples: Readonly<Record<keyof Texts['imports']['send']['formats'], string>> = {
  portal: `group,role,username,isgroup,action
Choir,member;publisher,ada.example,false,import
Choir,member,||ben@choir.example,false,import
School,member,Choir,true,import
`,
  users: `userName,email,givenName,familyName,displayName,active,department,groups
ada.example,ada@school.example,Ada,Example,Ada Example,true,Music,Choir
ben.example,ben@school.example,Ben,Example,Ben Example,true,Music,Choir;School
`,
  groups: `name,description,open,public
Choir,Everybody who sings,true,false
School,All of us,false,false
`,
  memberships: `group,member,type,action
Choir,ada.example,user,import
School,Choir,group,import
Choir,ben.example,user,delete
`,
};

export type ExampleName = keyof typeof examples;

/** The name of an example as an address has it; null for none. */
export function parseExample(text: string): ExampleName | null {
  const names = Object.keys(examples) as ExampleName[];
  return names.find((name) => `${name}.csv` === text) ?? null;
}
