/** A template of names as settings take it: `{name}` and `{id}` are filled in. */
import { z } from 'zod';
import { faultOfTemplate } from '../../core/targets/target-name.ts';

export const nameTemplate = z.string().superRefine((template, context) => {
  const fault = faultOfTemplate(template);
  if (fault !== null) context.addIssue({ code: 'custom', message: fault });
});
