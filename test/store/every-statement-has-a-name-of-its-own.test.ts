import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';

const sources = fileURLToPath(new URL('../../src', import.meta.url));

it('no two statements have one name: PostgreSQL knows a prepared statement by it', () => {
  const names = readdirSync(sources, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file))
    .flatMap((file) => [...readFileSync(join(sources, file), 'utf8').matchAll(/\bnamed\(\s*'([^']+)'/g)])
    .map(([, name]) => name);
  expect(names.length).toBeGreaterThan(300);
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
});
