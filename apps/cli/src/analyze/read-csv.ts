import { constants } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { unreadable } from '../log-reader/log-input';

const inflate = promisify(gunzip);
const QUOTE = '"';

export type CsvRow = Readonly<Record<string, string>>;

/**
 * Rows of a CSV file (RFC 4180, gzip where the bytes say so) by the names in its header. Missing cells are empty.
 * Errors: LogInputError where it cannot be read, or is larger than a text can be.
 */
export async function readCsv(file: string): Promise<readonly CsvRow[]> {
  const text = await readText(file).catch((error: unknown) => Promise.reject(unreadable(file, error)));
  return parseCsv(text.replace(/^\ufeff/, ''));
}

async function readText(file: string): Promise<string> {
  const bytes = await readFile(file);
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const plain = isGzip ? await inflate(bytes, { maxOutputLength: constants.MAX_STRING_LENGTH }) : bytes;
  return plain.toString('utf8');
}

export function parseCsv(text: string): readonly CsvRow[] {
  let names: readonly string[] | undefined;
  const rows: CsvRow[] = [];
  for (const cells of splitCsv(text)) {
    if (cells.length === 1 && cells[0] === '') continue;
    if (names === undefined) names = cells;
    else rows.push(Object.fromEntries(names.map((name, index) => [name, cells[index] ?? ''])));
  }
  return rows;
}

function* splitCsv(text: string): Generator<readonly string[]> {
  let cells: string[] = [];
  let at = 0;
  while (at < text.length) {
    const cell = text[at] === QUOTE ? readQuoted(text, at) : readPlain(text, at);
    cells.push(cell.value);
    at = cell.end;
    if (text[at] === ',') {
      at += 1;
      // A comma at the very end is followed by one more, empty cell.
      if (at === text.length) cells.push('');
      continue;
    }
    if (text[at] === '\r') at += 1;
    at += 1;
    yield cells;
    cells = [];
  }
  if (cells.length > 0) yield cells;
}

interface Cell {
  readonly value: string;
  readonly end: number;
}

function readPlain(text: string, start: number): Cell {
  let end = start;
  while (end < text.length && text[end] !== ',' && text[end] !== '\n' && text[end] !== '\r') end += 1;
  return { value: text.slice(start, end), end };
}

/** Text between quotes, doubled ones standing for one; whatever follows the closing quote belongs to the cell. */
function readQuoted(text: string, start: number): Cell {
  let value = '';
  let at = start + 1;
  for (;;) {
    const close = text.indexOf(QUOTE, at);
    if (close < 0) return { value: value + text.slice(at), end: text.length };
    value += text.slice(at, close);
    if (text[close + 1] !== QUOTE) {
      const rest = readPlain(text, close + 1);
      return { value: value + rest.value, end: rest.end };
    }
    value += QUOTE;
    at = close + 2;
  }
}
