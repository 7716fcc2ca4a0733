const UNITS_IN_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** `90s`, `5m`, `1h30m`, `2d` to seconds; undefined for anything else. Zero is allowed (`0s`). */
export function parseDurationSeconds(text: string): number | undefined {
  if (!/^(\d{1,9}[smhdw])+$/.test(text)) return undefined;
  let seconds = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)([smhdw])/g)) {
    seconds += Number(count) * (UNITS_IN_SECONDS[unit ?? ''] ?? 0);
  }
  return seconds;
}

/** Seconds to the shortest form that parseDurationSeconds reads back: 90 becomes `1m30s`. */
export function formatDurationSeconds(seconds: number): string {
  if (seconds === 0) return '0s';
  let rest = seconds;
  let text = '';
  for (const [unit, size] of [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
    ['s', 1],
  ] as const) {
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text;
}
