import type { TimeRange } from '../../../core/src/common/time-range';
import { toStoredRange } from './stored-range';

const DAY_MS = 86_400_000;
/** Records that were received within so many days after their own day lie in the index of that day. */
const MAX_LATE_DAYS = 31;
/** Ingest takes clocks that are fast by no more than a day. */
const MAX_EARLY_DAYS = 1;
/** Above this many days a search names all indices: a longer list costs more than asking indices that have nothing. */
const MAX_NAMED_DAYS = 35;
const MAX_CACHED_NAMES = 1000;
const NAME = /^(?:day-(?<day>\d{4}\.\d\d\.\d\d)|year-(?<year>\d{4}))$/;

/** Days since 1970 of a record's own time and of its receipt. */
export interface RecordDays {
  readonly timestampDay: number;
  readonly receivedDay: number;
}

/** The indices of a range: by day with the part of the range that is the day's, and by year. */
export interface IndicesByDay {
  readonly days: readonly { readonly name: string; readonly range: TimeRange }[];
  readonly years: readonly string[];
}

/**
 * Which index keeps a record, decided by its id alone, so that a redelivery however late finds the same one and changes
 * nothing: the index of its day, or of its year where it came more than a month late or from the future. So the number of
 * indices is bounded by the days of retention and the years since 1970, whatever timestamps somebody sends.
 */
export class LogIndexNames {
  private readonly names = new Map<number, string>();

  constructor(readonly prefix: string) {}

  /** Index patterns of all records. */
  get patterns(): readonly string[] {
    return [`${this.prefix}-day-*`, `${this.prefix}-year-*`];
  }

  of({ timestampDay, receivedDay }: RecordDays): string {
    const lateDays = receivedDay - timestampDay;
    const isByDay = lateDays <= MAX_LATE_DAYS && lateDays >= -MAX_EARLY_DAYS;
    return isByDay ? this.ofDay(timestampDay) : this.ofYear(timestampDay);
  }

  /** The indices that may keep records of the range, as names and patterns. */
  covering(range: TimeRange): readonly string[] {
    const days = daysOf(range);
    if (days === undefined) return this.patterns;
    return [...new Set(days.flatMap((day) => [this.ofDay(day), this.ofYear(day)]))];
  }

  /** The same, told apart; undefined where the range has too many days to name them. */
  byDay(range: TimeRange): IndicesByDay | undefined {
    const days = daysOf(range);
    return (
      days && {
        days: days.map((day) => ({
          name: this.ofDay(day),
          range: {
            fromMs: Math.max(range.fromMs, day * DAY_MS),
            toMs: Math.min(range.toMs, (day + 1) * DAY_MS),
          },
        })),
        years: [...new Set(days.map((day) => this.ofYear(day)))],
      }
    );
  }

  /** When the day or year of an index ends (epoch milliseconds); undefined for what is no index of records. */
  endOf(name: string): number | undefined {
    if (!name.startsWith(`${this.prefix}-`)) return undefined;
    const { day, year } = NAME.exec(name.slice(this.prefix.length + 1))?.groups ?? {};
    if (day !== undefined) return Date.parse(day.replaceAll('.', '-')) + DAY_MS;
    return year === undefined ? undefined : Date.UTC(Number(year) + 1, 0, 1);
  }

  private ofDay(day: number): string {
    return this.named(day, () => `${this.prefix}-day-${isoDay(day).replaceAll('-', '.')}`);
  }

  private ofYear(day: number): string {
    return this.named(-1 - day, () => `${this.prefix}-year-${isoDay(day).slice(0, 4)}`);
  }

  /** A batch asks for few names thousands of times. */
  private named(key: number, make: () => string): string {
    const known = this.names.get(key);
    if (known !== undefined) return known;
    if (this.names.size >= MAX_CACHED_NAMES) this.names.clear();
    const name = make();
    this.names.set(key, name);
    return name;
  }
}

/** Days since 1970; undefined for more than are named. */
function daysOf(range: TimeRange): readonly number[] | undefined {
  const { fromMs, toMs } = toStoredRange(range);
  const firstDay = Math.floor(fromMs / DAY_MS);
  const lastDay = Math.floor((Math.max(toMs, fromMs + 1) - 1) / DAY_MS);
  if (lastDay - firstDay >= MAX_NAMED_DAYS) return undefined;
  return Array.from({ length: lastDay - firstDay + 1 }, (_, index) => firstDay + index);
}

function isoDay(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}
