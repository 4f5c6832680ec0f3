/** Values of a statement that is put together: each becomes a parameter, none ever becomes SQL text. */
export interface Binder {
  /** Takes a value and gives the placeholder that stands for it, such as `$3`. */
  readonly bind: (value: unknown) => string;
  /** The finished statement. Values that the text does not use are left out, for PostgreSQL could not tell their type. */
  readonly finish: (text: string) => BoundStatement;
}

export interface BoundStatement {
  readonly text: string;
  readonly values: readonly unknown[];
}

export function newBinder(): Binder {
  const values: unknown[] = [];
  return {
    bind: (value) => `$${values.push(value)}`,
    finish: (text) => {
      const used: number[] = [];
      const numbered = text.replace(/\$(\d+)/g, (_placeholder, digits: string) => {
        const at = used.indexOf(Number(digits));
        return `$${at === -1 ? used.push(Number(digits)) : at + 1}`;
      });
      return { text: numbered, values: used.map((number) => values[number - 1]) };
    },
  };
}
