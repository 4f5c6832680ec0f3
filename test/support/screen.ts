/** A real browser on the console: signed in by a link, with and without scripts, light and dark, wide and narrow. */
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { readFileSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { findProgram } from './needs.ts';

export interface Look {
  readonly scripts: 'on' | 'off';
  readonly colours: 'light' | 'dark';
  readonly width: 'wide' | 'narrow';
}

/** All of it, and not each with each: what is drawn does not depend on scripts. */
export const looks: readonly Look[] = [
  { scripts: 'on', colours: 'light', width: 'wide' },
  { scripts: 'on', colours: 'dark', width: 'narrow' },
  { scripts: 'off', colours: 'light', width: 'narrow' },
];

/** What journeys are walked in: light and dark, wide and narrow, each with each. */
export const journeyLooks: readonly Look[] = [...looks, { scripts: 'off', colours: 'dark', width: 'wide' }];

/** Every form of a page that differs in what is drawn. */
const forms = [
  { colours: 'light', width: 'wide' },
  { colours: 'dark', width: 'wide' },
  { colours: 'light', width: 'narrow' },
  { colours: 'dark', width: 'narrow' },
] as const satisfies readonly Omit<Look, 'scripts'>[];

const sizes = { wide: { width: 1280, height: 800 }, narrow: { width: 390, height: 844 } };

export interface Visitor {
  readonly page: Page;
  readonly look: Look;
  /** What the browser complained of: errors of scripts, what the policy of the page refused, answers of 500. */
  readonly complaints: readonly string[];
  /** What is wrong with the page as it is now: findings of axe, which needs scripts, and sideways scrolling. */
  readonly faults: () => Promise<string[]>;
  /** Keeps a picture of the whole page where MUSTER_TEST_SCREENSHOTS says; does nothing where it says nothing. */
  readonly keepPicture: (name: string) => Promise<void>;
  /**
   * Looks at the page as it stands light and dark, wide and narrow: what is wrong with each, by its form; keeps a
   * picture of each as `keepPicture` does. The window is left as it was. Axe, which takes long, sees both colours and
   * both widths, and not each with each.
   */
  readonly faultsInEveryForm: (name: string) => Promise<string[]>;
}

export interface Screens {
  /** Opens a window of its own that has signed in by that link, and stands on `path`. */
  visit(link: string | null, path: string, look?: Look): Promise<Visitor>;
  close(): Promise<void>;
}

/** One browser for all tests of a file; `address` of the site. */
export async function openScreens(address: string): Promise<Screens> {
  const browser: Browser = await chromium.launch({
    executablePath: findProgram('chromium') ?? '',
    args: ['--no-sandbox', '--force-color-profile=srgb', '--disable-lcd-text'],
  });
  return {
    visit: async (link, path, look = { scripts: 'on', colours: 'light', width: 'wide' }) => {
      const context = await browser.newContext({
        baseURL: address,
        javaScriptEnabled: look.scripts === 'on',
        colorScheme: look.colours,
        viewport: sizes[look.width],
        reducedMotion: 'reduce',
      });
      const visitor = visitorOf(await context.newPage(), look, context);
      if (link !== null) await visitor.page.goto(link);
      await visitor.page.goto(path);
      return visitor;
    },
    close: () => browser.close(),
  };
}

function visitorOf(page: Page, look: Look, context: BrowserContext): Visitor {
  const complaints: string[] = [];
  page.on('console', (message) => {
    // A page that says no is no fault of the browser's.
    const isAnswer = /the server responded with a status of 4\d\d/.test(message.text());
    // A search that is overtaken by a click on a link ends; htmx tells of it.
    const isOvertaken = /^htmx:(sendAbort|afterRequest)/.test(message.text());
    if (!['error', 'warning'].includes(message.type()) || isAnswer || isOvertaken) return;
    complaints.push(message.text());
  });
  page.on('pageerror', (error) => void complaints.push(error.message));
  context.on('response', (response) => {
    if (response.status() >= 500) complaints.push(`${response.status()} ${response.url()}`);
  });
  return {
    page,
    look,
    complaints,
    faults: async () => [
      ...(look.scripts === 'on' ? await axeFindings(page) : []),
      ...(await overflow(page)),
    ],
    keepPicture: (name) => keepPicture(page, name, look),
    faultsInEveryForm: async (name) => {
      const found: string[] = [];
      await page.evaluate(look.scripts === 'on' ? STAND_STILL : '');
      for (const form of forms) {
        await takeForm(page, form);
        const isForAxe = look.scripts === 'on' && (form.colours === 'light') === (form.width === 'wide');
        const faults = [...(isForAxe ? await axeFindings(page) : []), ...(await overflow(page))];
        found.push(...faults.map((fault) => `${name}, ${form.colours}, ${form.width}: ${fault}`));
        await keepPicture(page, name, form);
      }
      await takeForm(page, look);
      await page.evaluate(look.scripts === 'on' ? GO_ON : '');
      return found;
    },
  };
}

/** Pages that follow something must not change while they are looked at. */
const STAND_STILL = `
  window.refuse = (event) => { event.preventDefault(); event.detail.shouldSwap = false; };
  ['htmx:beforeRequest', 'htmx:beforeSwap'].forEach((name) => document.addEventListener(name, window.refuse));`;
const GO_ON = `
  ['htmx:beforeRequest', 'htmx:beforeSwap'].forEach((name) => document.removeEventListener(name, window.refuse));`;

async function takeForm(page: Page, { colours, width }: Omit<Look, 'scripts'>): Promise<void> {
  await page.emulateMedia({ colorScheme: colours });
  await page.setViewportSize(sizes[width]);
}

async function keepPicture(
  page: Page,
  name: string,
  { colours, width }: Omit<Look, 'scripts'>,
): Promise<void> {
  const folder = process.env.MUSTER_TEST_SCREENSHOTS ?? '';
  if (folder === '') return;
  const path = join(folder, `${name}.${colours}.${width}.png`);
  mkdirSync(dirname(path), { recursive: true });
  await page.screenshot({ path, fullPage: true });
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeResults {
  readonly violations: readonly {
    readonly id: string;
    readonly help: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
  }[];
}

async function axeFindings(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations } = await page.evaluate<AxeResults>(
    `axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      resultTypes: ['violations'], preload: false, iframes: false,
    })`,
  );
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary = '' }) => `${id}: ${help}: ${html} ${failureSummary}`),
  );
}

/** Pixels beside a table that are its own: what stands in them is seen. */
const TABLE_EDGE = 8;

async function overflow(page: Page): Promise<string[]> {
  const pixels = await page.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
  const tables = await page.evaluate<string[]>(
    `[...document.querySelectorAll('.table')].filter((one) => one.scrollWidth > one.clientWidth + ${TABLE_EDGE})
      .map((one) => one.textContent.slice(0, 80))`,
  );
  return [
    ...(pixels > 0 ? [`The page is ${pixels} pixels wider than the window.`] : []),
    ...tables.map((text) => `A table is wider than its place: ${text}`),
  ];
}
