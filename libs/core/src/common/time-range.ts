/** Half open: `fromMs` is inside, `toMs` is not. Epoch milliseconds. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

export function durationMs(range: TimeRange): number {
  return range.toMs - range.fromMs;
}

/** ISO 8601 in UTC with milliseconds, the form in which every instant leaves OpsPilot. */
export function toIso(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
