import { type CivilTime, type SourceTime, isCivilDate } from '../log-formats/source-time';
import type { TimeZone } from './time-zone';

export interface LineClockOptions {
  /** The present: no missing year or day is chosen so that a line would lie in the future. */
  readonly nowMs: number;
  /** Of times that name none. */
  readonly zone: TimeZone;
  /** The last time of the same file, where it could be looked up beforehand. */
  readonly lastTime?: CivilTime | undefined;
  /** The year of the first line, where a person said so. */
  readonly firstYear?: number | undefined;
}

/** A line may be this far ahead without being of last year: the zone may be unknown, and no zone is further from UTC. */
const FUTURE_TOLERANCE_MS = 14 * 3_600_000;
const DAY_MS = 86_400_000;
/** Fewer days between two lines are disorder; more, without a year, are a New Year between them. */
const HALF_YEAR_DAYS = 183;
/** A jump forward of more, without a year, is a late line from before New Year. */
const ALMOST_A_YEAR_DAYS = 300;
const LEAP_CYCLE_YEARS = 8;

/**
 * Turns the times of one file, in the order of its lines, into instants. Where lines carry no year, the file ends in the latest year that does not
 * put it in the future, and a jump back by more than half a year is a New Year.
 */
export class LineClock {
  private isDayFirst = false;
  /** Most lines share their second with the one before. */
  private lastSecondMs = NaN;
  private lastSecond = '';
  private year: number | undefined;
  private dayOfYear = 0;
  /** Facts for the summary. */
  hasGuessedZone = false;
  hasGuessedYear = false;

  constructor(private readonly options: LineClockOptions) {}

  /** Takes note of what a time proves about its file (day before month), without moving on. */
  learn(time: SourceTime): void {
    if (time.kind !== 'civil') return;
    if (time.dateOrder === 'proven-day-first') this.isDayFirst = true;
    if (time.dateOrder === 'proven-month-first') this.isDayFirst = false;
  }

  /** ISO 8601 in UTC with as many fractional digits as the source gave, in threes. */
  resolve(time: SourceTime): string {
    if (time.kind === 'instant') return toIso(time.epochSeconds * 1000, time.fraction);
    this.learn(time);
    const isSwapped = time.dateOrder === 'unclear' && this.isDayFirst;
    const month = isSwapped ? time.day : time.month;
    const day = isSwapped ? time.month : time.day;
    if (month === 0) return toIso(this.latestDayFor(time), time.fraction);
    const year = time.year ?? this.yearFor({ ...time, month, day });
    const wallClockMs = Date.UTC(year, month - 1, day, time.hour, time.minute, Math.min(time.second, 59));
    return this.toIsoOfSecond(wallClockMs - this.offsetMs(time, wallClockMs), time.fraction);
  }

  private toIsoOfSecond(epochMs: number, fraction: string): string {
    if (epochMs !== this.lastSecondMs) {
      this.lastSecondMs = epochMs;
      this.lastSecond = new Date(epochMs).toISOString().slice(0, 20);
    }
    return `${this.lastSecond}${fraction === '' ? '000' : inThrees(fraction)}Z`;
  }

  private offsetMs(time: CivilTime, wallClockMs: number): number {
    if (time.offsetMinutes === undefined) this.hasGuessedZone = true;
    return (time.offsetMinutes ?? this.options.zone(wallClockMs)) * 60_000;
  }

  private latestDayFor(time: CivilTime): number {
    const today = Math.floor(this.options.nowMs / DAY_MS) * DAY_MS;
    const wallClockMs = today + ((time.hour * 60 + time.minute) * 60 + Math.min(time.second, 59)) * 1000;
    let epochMs = wallClockMs - this.offsetMs(time, wallClockMs);
    while (epochMs + DAY_MS <= this.options.nowMs) epochMs += DAY_MS;
    while (epochMs > this.options.nowMs) epochMs -= DAY_MS;
    return epochMs;
  }

  private yearFor(time: CivilTime): number {
    this.hasGuessedYear = true;
    const dayOfYear = dayNumber(time);
    let year = this.year === undefined ? this.firstYearFor(time, dayOfYear) : this.year;
    if (this.year !== undefined && dayOfYear < this.dayOfYear - HALF_YEAR_DAYS) year++;
    const isStraggler = this.year !== undefined && dayOfYear > this.dayOfYear + ALMOST_A_YEAR_DAYS;
    if (isStraggler) year--;
    if (this.options.firstYear === undefined && this.isFuture(time, year)) year = this.latestYearFor(time);
    if (!isCivilDate(year, time.month, time.day)) year = this.latestYearFor(time);
    if (!isStraggler || year !== (this.year ?? year) - 1) {
      this.year = year;
      this.dayOfYear = dayOfYear;
    }
    return year;
  }

  private firstYearFor(time: CivilTime, dayOfYear: number): number {
    if (this.options.firstYear !== undefined) return this.options.firstYear;
    const last = this.options.lastTime;
    if (last === undefined) return this.latestYearFor(time);
    return this.latestYearFor(last) - (dayOfYear > dayNumber(last) ? 1 : 0);
  }

  private latestYearFor(time: CivilTime): number {
    const present = new Date(this.options.nowMs + FUTURE_TOLERANCE_MS).getUTCFullYear();
    for (let year = present; year > present - LEAP_CYCLE_YEARS; year--) {
      if (isCivilDate(year, time.month, time.day) && !this.isFuture(time, year)) return year;
    }
    return present - 1;
  }

  private isFuture(time: CivilTime, year: number): boolean {
    const wallClockMs = Date.UTC(year, time.month - 1, time.day, time.hour, time.minute, time.second);
    const tolerance = time.offsetMinutes === undefined ? FUTURE_TOLERANCE_MS : 0;
    return wallClockMs - (time.offsetMinutes ?? 0) * 60_000 > this.options.nowMs + tolerance;
  }
}

/** Counts every month as 31 days: only differences and order matter. */
function dayNumber(time: CivilTime): number {
  return time.month * 31 + time.day;
}

function toIso(epochMs: number, fraction: string): string {
  const text = new Date(epochMs).toISOString();
  if (fraction.length === 0) return text;
  return `${text.slice(0, 20)}${inThrees(fraction)}Z`;
}

function inThrees(fraction: string): string {
  return fraction.length % 3 === 0 ? fraction : fraction.padEnd(Math.ceil(fraction.length / 3) * 3, '0');
}
