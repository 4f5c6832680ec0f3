/**
 * What the pages say, in English: the only place of sentences, one file per area. A second language is a second
 * object of this type, and `textsOf` in frame/texts.ts picks one by the request.
 */
import { shell } from './en/shell.ts';
import { imports } from './en/imports.ts';
import { own } from './en/own.ts';
import { plans } from './en/plans.ts';
import { refusals } from './en/refusals.ts';

export const en = { shell, own, imports, plans, refusals };

export type Texts = typeof en;
