import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

const CASE_FILE = 'case.json';
/** Folders within folders; deeper ones are a mistake. Links are not followed. */
const MAX_DEPTH = 16;

/** The case.json files of a case or of all cases below a folder, in order of path. Empty where there are none. */
export async function findCases(source: string): Promise<readonly string[]> {
  const found = await stat(source);
  return found.isFile() ? [source] : [...(await walk(source, 0))].sort();
}

async function walk(folder: string, depth: number): Promise<readonly string[]> {
  if (depth > MAX_DEPTH) return [];
  const entries = await readdir(folder, { withFileTypes: true });
  if (entries.some((entry) => entry.isFile() && entry.name === CASE_FILE))
    return [path.join(folder, CASE_FILE)];
  const found: string[] = [];
  for (const entry of entries) {
    if (entry.isDirectory()) found.push(...(await walk(path.join(folder, entry.name), depth + 1)));
  }
  return found;
}
