/** How PostgreSQL would run the statements of ours. */
import type { Database, Statement, Tx } from '../../src/store/database.ts';

/** Plan of a statement; of one that a connection plans once, the plan for all values. */
async function planOf(tx: Tx, { name, text }: Statement, values: readonly unknown[]): Promise<string> {
  const mode = name === undefined ? 'force_custom_plan' : 'force_generic_plan';
  await tx.rows({ text: `set local plan_cache_mode = ${mode}` });
  await tx.rows({ text: `prepare asked as ${text}` });
  const literals = values.map((value) =>
    value === null ? 'null' : `'${textOf(value).replaceAll("'", "''")}'`,
  );
  const asked = literals.length === 0 ? 'asked' : `asked(${literals.join(', ')})`;
  const plan = await tx.rows({ text: `explain (format json) execute ${asked}` });
  await tx.rows({ text: 'deallocate asked' });
  return JSON.stringify(plan);
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const text = JSON.stringify(value);
  return Array.isArray(value) ? text.replace('[', '{').replace(/]$/, '}') : text;
}

/** What a look answered, and the plans of the statements that it asked, as JSON. */
export async function withPlans<T>(
  database: Database,
  look: (tx: Tx) => Promise<T>,
): Promise<{ readonly answer: T; readonly plans: readonly string[] }> {
  return database.transaction(async (tx) => {
    const plans: string[] = [];
    const watched: Tx = {
      ...tx,
      rows: async (statement, values = []) => {
        plans.push(await planOf(tx, statement, values));
        return tx.rows(statement, values);
      },
    };
    return { answer: await look(watched), plans };
  });
}
