import type { Point } from '../../../../libs/analysis/src/prepare-series';
import { plainText } from '../../../../libs/core/src/common/plain-text';
import { parseTimestamp } from '../../../../libs/core/src/logs/parse-timestamp';
import { type CsvRow, readCsv } from './read-csv';

/** One series of a CSV file: the cells as they were, and what they mean. */
export interface SeriesFile {
  readonly timestamps: readonly string[];
  readonly values: readonly string[];
  readonly points: readonly Point[];
}

export class SeriesFileError extends Error {
  override readonly name = 'SeriesFileError';
}

/** Of a column, as it is told. */
const MAX_NAME = 60;
const TIME_NAMES = ['timestamp', 'time', 'datetime', 'date', 'ts'];
const VALUE_NAMES = ['value', 'values', 'val', 'y'];

/**
 * Reads a CSV file with a column of times and one of values, found by their usual names, else the first two columns. Cells without a
 * readable number become NaN, that is missing.
 * @throws SeriesFileError for a file that is no series
 */
export async function readSeries(file: string): Promise<SeriesFile> {
  const rows = await readCsv(file);
  const first = rows[0];
  if (first === undefined) throw new SeriesFileError(`${file} has no rows`);
  const names = Object.keys(first);
  const time = columnOf(names, TIME_NAMES) ?? names[0] ?? '';
  const others = names.filter((name) => name !== time);
  const value = columnOf(others, VALUE_NAMES) ?? others[0];
  if (value === undefined)
    throw new SeriesFileError(`${file} has only one column; a series has time and value`);
  const points = rows.map((row) => ({ atMs: toMs(cell(row, time)), value: toNumber(cell(row, value)) }));
  if (!points.some(({ atMs }) => Number.isFinite(atMs)))
    throw new SeriesFileError(`${file} has no readable time in its column ${plainText(time, MAX_NAME)}`);
  return {
    timestamps: rows.map((row) => cell(row, time)),
    values: rows.map((row) => cell(row, value)),
    points,
  };
}

function columnOf(names: readonly string[], known: readonly string[]): string | undefined {
  return names.find((name) => known.includes(name.trim().toLowerCase()));
}

function cell(row: CsvRow, name: string): string {
  return row[name] ?? '';
}

function toMs(text: string): number {
  const instant = parseTimestamp(text);
  return typeof instant === 'string' ? Number.NaN : instant.epochMs;
}

function toNumber(text: string): number {
  const trimmed = text.trim();
  return trimmed === '' ? Number.NaN : Number(trimmed);
}
