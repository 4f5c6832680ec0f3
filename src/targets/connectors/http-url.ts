/** Addresses of targets over HTTP, as settings take them. */
import { z } from 'zod';

/** Without what would be shown as a setting and is a secret, and without what is never sent. */
export const httpUrl = z
  .url({ protocol: /^https?$/ })
  .refine((text) => {
    const url = URL.canParse(text) ? new URL(text) : null;
    return url === null || (url.username === '' && url.password === '');
  }, 'must not hold a user or a password: what a service is called with is one of the credentials')
  .refine((text) => !text.includes('#'), 'must not have a # in it');
