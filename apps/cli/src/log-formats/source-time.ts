/** What a line says about its time, before the parts that it leaves out (zone, year, day) are filled in by LineClock. */
export type SourceTime = CivilTime | Instant;

/** A wall-clock reading. Ranges are checked when it is made. */
export interface CivilTime {
  readonly kind: 'civil';
  readonly year: number | undefined;
  /** 1 to 12; 0 where the line gives a time of day only. */
  readonly month: number;
  /** 1 to 31; 0 where the line gives a time of day only. */
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** Digits after the decimal point, at most 9; empty where there are none. */
  readonly fraction: string;
  /** East of Greenwich; undefined where the line names no zone. */
  readonly offsetMinutes: number | undefined;
  readonly dateOrder: DateOrder;
}

/** `unclear` is 03/04/2024, read month first; 13/04/2024 proves that its file writes the day first, 04/13/2024 the opposite. */
export type DateOrder = 'certain' | 'unclear' | 'proven-day-first' | 'proven-month-first';

/** Seconds since 1970 and the digits of the fraction (at most 9). */
export interface Instant {
  readonly kind: 'instant';
  readonly epochSeconds: number;
  readonly fraction: string;
}

const DAYS_IN_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isLeapYear(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

export function isCivilDate(year: number | undefined, month: number, day: number): boolean {
  if (day < 1 || day > (DAYS_IN_MONTH[month - 1] ?? 0)) return false;
  return month !== 2 || day < 29 || year === undefined || isLeapYear(year);
}

export function isTimeOfDay(hour: number, minute: number, second: number): boolean {
  return hour < 24 && minute < 60 && second <= 60;
}

const EARLIEST_SECONDS = Date.UTC(1990, 0, 1) / 1000;
const LATEST_SECONDS = Date.UTC(2100, 0, 1) / 1000;

/** Digits of an epoch in seconds, milliseconds, microseconds or nanoseconds, told apart by size; undefined outside 1990 to 2100. */
export function instantFromDigits(digits: string, fraction = ''): Instant | undefined {
  const cut =
    digits.length <= 10
      ? digits.length
      : digits.length - (digits.length <= 13 ? 3 : digits.length <= 16 ? 6 : 9);
  if (cut < 9 || digits.length > 19) return undefined;
  const epochSeconds = Number(digits.slice(0, cut));
  if (!(epochSeconds >= EARLIEST_SECONDS && epochSeconds < LATEST_SECONDS)) return undefined;
  return { kind: 'instant', epochSeconds, fraction: (digits.slice(cut) + fraction).slice(0, 9) };
}
