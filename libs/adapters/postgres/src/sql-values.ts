/** Collects the values of a statement and names their places: `values.add(x)` returns `$1`, `$2` … */
export class SqlValues {
  readonly list: unknown[] = [];

  add(value: unknown): string {
    return `$${this.list.push(value)}`;
  }
}

/** What a connection or a pool takes for a query. */
export interface Statement {
  readonly text: string;
  readonly values: unknown[];
}
