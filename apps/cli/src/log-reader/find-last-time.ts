import { open, stat } from 'node:fs/promises';
import { ALL_FORMATS } from '../log-formats/all-formats';
import type { CivilTime } from '../log-formats/source-time';

const TAIL_BYTES = 64 * 1024;

/** The time of the last line of a file that has one without a year, for LineClock; undefined where there is none near its end. */
export async function findLastTime(file: string): Promise<CivilTime | undefined> {
  const info = await stat(file);
  // A pipe has no end to look at, and opening it here would end whoever writes to it when we close it.
  if (!info.isFile()) return undefined;
  const handle = await open(file, 'r');
  try {
    const { size } = info;
    const start = Math.max(0, size - TAIL_BYTES);
    const { buffer, bytesRead } = await handle.read(
      Buffer.alloc(Math.min(size, TAIL_BYTES)),
      0,
      Math.min(size, TAIL_BYTES),
      start,
    );
    return lastTimeIn(buffer.toString('utf8', 0, bytesRead));
  } finally {
    await handle.close();
  }
}

function lastTimeIn(text: string): CivilTime | undefined {
  const lines = text.split('\n').slice(-200).reverse();
  for (const line of lines) {
    const time = ALL_FORMATS.filter((format) => format.isStrict)
      .map((format) => format.parse(line)?.time)
      .find((candidate) => candidate !== undefined);
    if (time?.kind === 'civil') return time.year === undefined && time.month > 0 ? time : undefined;
  }
  return undefined;
}
