import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

export interface LogFile {
  readonly file: string;
  /** Relative path of its result, without an extension: `shop/input.csv` has the result `shop`, any other file its own name. */
  readonly result: string;
}

const PREPARED = /^input\.csv(?:\.gz)?$/;
const EXTENSIONS = /\.(?:csv|log|txt|json|jsonl|ndjson)?(?:\.gz)?$/;

/** The file itself, or all files in a folder and below, in order of their names. A folder with a file input.csv is read for that alone. */
export async function findLogFiles(input: string): Promise<readonly LogFile[]> {
  if (input === '-') return [{ file: input, result: 'stdin' }];
  const info = await stat(input);
  if (!info.isDirectory())
    return [{ file: input, result: resultOf(path.basename(input), path.dirname(path.resolve(input))) }];
  return walk(path.resolve(input), '');
}

async function walk(root: string, below: string): Promise<readonly LogFile[]> {
  const entries = await readdir(path.join(root, below), { withFileTypes: true });
  const names = entries.sort((one, other) => (one.name < other.name ? -1 : 1));
  const prepared = names.find((entry) => entry.isFile() && PREPARED.test(entry.name));
  const found: LogFile[] = [];
  for (const entry of prepared === undefined
    ? names
    : [prepared, ...names.filter((one) => one.isDirectory())]) {
    const at = path.join(below, entry.name);
    if (entry.name.startsWith('.')) continue;
    if (entry.isDirectory()) found.push(...(await walk(root, at)));
    else if (entry.isFile()) found.push({ file: path.join(root, at), result: resultOf(at, root) });
  }
  return found;
}

function resultOf(relative: string, root: string): string {
  if (!PREPARED.test(path.basename(relative))) return relative.replace(EXTENSIONS, '');
  const folder = path.dirname(relative);
  return folder === '.' ? path.basename(root) : folder;
}
