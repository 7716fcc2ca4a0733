import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const FOLDER = path.resolve(__dirname, '../../libs/adapters/postgres/migrations');
const FILE_NAME = /^\d{4}_[a-z0-9_]+\.sql$/;

/**
 * What the previous release, which may still be running, does not survive, or what locks a table that is in use for long.
 * A migration that must do one of these says so on the line above, with the reason: `-- contract: <why it is safe now>`.
 */
const BREAKING: readonly (readonly [string, RegExp])[] = [
  ['drops a table', /\bDROP\s+TABLE\b/i],
  ['drops a column or a constraint', /\bDROP\s+(COLUMN|CONSTRAINT)\b/i],
  ['drops a view, function or type', /\bDROP\s+(MATERIALIZED\s+)?(VIEW|FUNCTION|TYPE|SCHEMA)\b/i],
  ['renames', /\bRENAME\s+(TO|COLUMN|CONSTRAINT)\b/i],
  ['changes the type of a column', /\bALTER\s+(COLUMN\s+)?\S+\s+(SET\s+DATA\s+)?TYPE\b/i],
  ['makes a column mandatory', /\bSET\s+NOT\s+NULL\b/i],
  ['adds a mandatory column without a default', /\bADD\s+(COLUMN\s+)?(?!.*\bDEFAULT\b)[^,;]*\bNOT\s+NULL\b/i],
  ['empties a table', /\bTRUNCATE\s+(TABLE\s+)?\w+\s*;/i],
];

/** Statements of a file with their comments, each as one line. */
function statementsOf(sql: string): readonly { readonly code: string; readonly comment: string }[] {
  const withoutBodies = sql.replace(/\$(\w*)\$[\s\S]*?\$\1\$/g, "''");
  return withoutBodies.split(/;[ \t]*(?:--.*)?$/m).flatMap((part) => {
    const lines = part.split('\n');
    const comment = lines.filter((line) => line.trim().startsWith('--')).join('\n');
    const code = lines
      .map((line) => line.replace(/--.*$/, ''))
      .join(' ')
      .replace(/\s+/g, ' ')
      .trim();
    return code === '' ? [] : [{ code: `${code};`, comment }];
  });
}

/** In plain words, what is wrong with a migration. */
function problemsOf(sql: string): readonly string[] {
  const statements = statementsOf(sql);
  if (statements.length === 0) return ['is empty'];
  const created = new Set(
    statements.flatMap(({ code }) => /\bCREATE TABLE (?:IF NOT EXISTS )?(\w+)/i.exec(code)?.[1] ?? []),
  );
  return statements.flatMap(({ code, comment }) => {
    if (/^-- contract: \S+/m.test(comment)) return [];
    const problems = BREAKING.filter(([, pattern]) => pattern.test(code)).map(([what]) => what);
    const indexed = /\bCREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY)[\w ]*\bON (?:ONLY )?(\w+)/i.exec(code)?.[1];
    if (indexed !== undefined && !created.has(indexed))
      problems.push(`builds an index on ${indexed}, which is in use`);
    if (/\b(BEGIN|COMMIT|ROLLBACK)\b;/i.test(code)) problems.push('ends the transaction that it runs in');
    return problems.map((problem) => `${problem}: ${code.slice(0, 80)}`);
  });
}

describe('migrations', () => {
  const files = readdirSync(FOLDER).sort();

  it('are numbered from 0001 without gaps, and named for what they bring', () => {
    expect(files.filter((file) => !FILE_NAME.test(file))).toEqual([]);
    expect(files.map((file) => Number(file.slice(0, 4)))).toEqual(files.map((_file, index) => index + 1));
  });

  it.each(files)('%s leaves the previous release running and locks nothing for long', (file) => {
    expect(problemsOf(readFileSync(path.join(FOLDER, file), 'utf8'))).toEqual([]);
  });

  it.each([
    ['an empty file', '-- nothing yet\n', 'is empty'],
    ['a dropped table', 'DROP TABLE rules;', 'drops a table'],
    ['a dropped column', 'ALTER TABLE rules DROP COLUMN name;', 'drops a column'],
    ['a renamed column', 'ALTER TABLE rules\n  RENAME COLUMN a TO b;', 'renames'],
    ['a renamed table', 'ALTER TABLE rules RENAME TO old;', 'renames'],
    ['another type', 'ALTER TABLE rules ALTER COLUMN a TYPE bigint;', 'changes the type'],
    ['a column made mandatory', 'ALTER TABLE rules ALTER COLUMN a SET NOT NULL;', 'makes a column mandatory'],
    ['a new mandatory column', 'ALTER TABLE rules ADD COLUMN a text NOT NULL;', 'adds a mandatory column'],
    ['an index on a table in use', 'CREATE INDEX x ON rules (name);', 'builds an index on rules'],
    ['a commit', 'CREATE TABLE a (b int);\nCOMMIT;', 'ends the transaction'],
  ])('would be refused for %s', (_case, sql, problem) => {
    expect(problemsOf(sql)).toEqual([expect.stringContaining(problem)]);
  });

  it.each([
    ['a new table with its index', 'CREATE TABLE a (b int NOT NULL);\nCREATE UNIQUE INDEX c ON a (b);'],
    ['a new optional column', 'ALTER TABLE rules ADD COLUMN a text;'],
    ['a new mandatory column with a default', "ALTER TABLE rules ADD COLUMN a text NOT NULL DEFAULT '';"],
    ['a contraction that says why', '-- contract: unused since 0.3\nALTER TABLE rules DROP COLUMN a;'],
    ['a word in a function body', 'CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$ DROP TABLE x; $$;'],
  ])('would be taken with %s', (_case, sql) => {
    expect(problemsOf(sql)).toEqual([]);
  });
});
