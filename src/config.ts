/**
 * The settings: one typed tree from defaults, `muster.json`, the environment and flags, in this order. Nothing
 * else in Muster reads the environment.
 */
import { resolve } from 'node:path';
import { z } from 'zod';
import { describeIssues } from './config/problems.ts';
import { givenInEnvironment, givenInFile, merge, type Given } from './config/layers.ts';
import { settingsSchema, spellDuration, type GivenSettings } from './config/schema.ts';
import { faultInWords } from './core/schema-faults.ts';
import { SetupProblem } from './core/setup-problem.ts';

/** Settings with what follows from others filled in; folders are absolute. */
export interface Settings extends GivenSettings {
  readonly baseUrl: string;
  readonly logFormat: 'pretty' | 'json';
}

/** Settings, and by dotted name where each that was given came from. */
export interface LoadedSettings {
  readonly settings: Settings;
  readonly origins: ReadonlyMap<string, string>;
}

/** Where settings are looked for. */
export interface SettingsPlaces {
  readonly environment: NodeJS.ProcessEnv;
  /** Folder that `muster.json` and relative folders are taken from. */
  readonly folder: string;
  /** Another file than `muster.json`; it must exist. */
  readonly file?: string | undefined;
  /** Values of command line flags by the setting's name; undefined ones were not given. */
  readonly flags?: Readonly<Record<string, string | undefined>>;
  readonly isTerminal: boolean;
}

/** Reads and checks all settings. Refuses (SetupProblem) with one step for each thing that is wrong. */
export function loadSettings(places: SettingsPlaces): LoadedSettings {
  const { tree, origins } = merge(given(places));
  const read = settingsSchema.safeParse(tree, { error: faultInWords });
  if (!read.success) {
    throw new SetupProblem('The settings are not right.', describeIssues(read.error.issues, origins));
  }
  return { settings: complete(read.data, places), origins };
}

function given({ environment, folder, file, flags }: SettingsPlaces): Given[] {
  const named = file ?? environment.MUSTER_CONFIG;
  const inFile =
    named === undefined || named === ''
      ? givenInFile(resolve(folder, 'muster.json'), 'optional')
      : givenInFile(resolve(folder, named), 'required');
  const byFlag = Object.entries(flags ?? {}).flatMap(([name, value]) =>
    value === undefined ? [] : [{ path: [name], value, origin: `--${name}` }],
  );
  return [...inFile, ...givenInEnvironment(environment), ...byFlag];
}

function complete(settings: GivenSettings, { folder, isTerminal }: SettingsPlaces): Settings {
  return {
    ...settings,
    baseUrl: settings.baseUrl ?? `http://localhost:${settings.port}`,
    databaseDirectUrl: settings.databaseDirectUrl ?? settings.databaseUrl,
    dataDir: resolve(folder, settings.dataDir),
    watchDir: resolve(folder, settings.watchDir),
    schemas: settings.schemas.map((file) => resolve(folder, file)),
    logFormat: settings.logFormat ?? (isTerminal ? 'pretty' : 'json'),
  };
}

/** What a setting is called that is given as an amount of time and kept in milliseconds. */
const DURATION = '.expectedEvery';

/** One line of `muster config print`. */
export interface SettingLine {
  readonly name: string;
  readonly value: unknown;
  readonly origin: string;
}

/** Every setting with its value, as it can be given, and origin; a secret that is set shows as `(set)`. */
export function listSettings({ settings, origins }: LoadedSettings): SettingLine[] {
  return Object.entries(settingsSchema.shape).flatMap(([name, schema]) => {
    const value: unknown = settings[name as keyof Settings];
    const isSecret = schema.meta()?.secret === true;
    return linesOf(name, isSecret && value !== null ? '(set)' : value, origins);
  });
}

function linesOf(name: string, value: unknown, origins: ReadonlyMap<string, string>): SettingLine[] {
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0) {
    return Object.entries(value).flatMap(([key, inner]) => linesOf(`${name}.${key}`, inner, origins));
  }
  const shown = name.endsWith(DURATION) && typeof value === 'number' ? spellDuration(value) : value;
  return [{ name, value: shown, origin: origins.get(name) ?? 'default' }];
}

/** JSON Schema of `muster.json`, for editors. */
export function settingsJsonSchema(): object {
  return z.toJSONSchema(settingsSchema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema._zod.def.type === 'default') jsonSchema.default = zodSchema._zod.def.defaultValue;
    },
  });
}
