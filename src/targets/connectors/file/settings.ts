/** Settings of a file target, as `POST /api/v1/targets` takes them. docs/targets/file.md explains each. */
import { z } from 'zod';
import { nameTemplate } from '../name-template.ts';

/** A file system takes 255 bytes; what is written first has a longer name. */
const LONGEST_NAME = 200;

export const fileSettings = z.strictObject({
  /** A mere name: all such files stand in one folder, so that nobody writes elsewhere through a target. */
  file: z
    .string()
    .regex(/^[\p{L}\p{N}_][\p{L}\p{N}_. -]*$/u, 'must be the name of a file, without folders')
    .refine(
      (name) => Buffer.byteLength(name) <= LONGEST_NAME,
      `must not be longer than ${LONGEST_NAME} bytes`,
    ),
  format: z.enum(['portal', 'ndjson']).default('portal'),
  /** Of the portal's format: what a user is called there (`userName`, `emails`, …). */
  userValue: z.string().min(1).default('userName'),
  /** Of the portal's format: begins each group with a row that takes everybody out, so that the file replaces. */
  replaces: z.boolean().default(true),
  groupName: nameTemplate.default('{name}'),
  /** `column` fills the portal's column `role`, or `roles` of each user; `groupPerRole` makes a group of each (O-10). */
  roles: z.enum(['none', 'column', 'groupPerRole']).default('none'),
  roleGroupName: nameTemplate.default('role-{name}'),
  deleteAfterDays: z.int().min(0).max(3_650).nullable().default(null),
});
export type FileSettings = z.infer<typeof fileSettings>;

/** Whoever may read the folder may read the file. */
export const fileCredentials = z.strictObject({});
