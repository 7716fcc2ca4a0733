/** Three significant digits, without an exponent where there need not be one. */
export function figure(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude >= 1e6 || (magnitude > 0 && magnitude < 1e-3)) return value.toPrecision(3);
  return String(magnitude >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
}

const MAX_QUOTED_CHARS = 80;

/** At most 80 characters, no half of a surrogate pair. */
export function shorten(text: string): string {
  return text.length <= MAX_QUOTED_CHARS ? text : `${Array.from(text).slice(0, MAX_QUOTED_CHARS).join('')}…`;
}

export function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
