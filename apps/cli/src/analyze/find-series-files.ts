import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

export interface FoundSeriesFile {
  readonly file: string;
  /** Path below the folder that was given, or the name of the file that was. */
  readonly relative: string;
}

/** The file itself, or every .csv and .csv.gz file below a folder, by name. */
export async function findSeriesFiles(input: string): Promise<readonly FoundSeriesFile[]> {
  const info = await stat(input);
  if (!info.isDirectory()) return [{ file: input, relative: path.basename(input) }];
  const entries = await readdir(input, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && /\.csv(\.gz)?$/i.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort()
    .map((file) => ({ file, relative: path.relative(input, file).replace(/\.gz$/i, '') }));
}
