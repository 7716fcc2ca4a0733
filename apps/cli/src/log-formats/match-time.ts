import {
  type CivilTime,
  type DateOrder,
  type SourceTime,
  instantFromDigits,
  isCivilDate,
  isTimeOfDay,
} from './source-time';

export interface TimeMatch {
  readonly time: SourceTime;
  /** Index behind the last character of the time. */
  readonly end: number;
}

type Groups = Readonly<Record<string, string | undefined>>;

const CLOCK = String.raw`(?<H>\d\d?)[:.](?<M>\d\d?)[:.](?<S>\d\d?)(?:[.,:](?<f>\d{1,9})\d*)?`;
const MERIDIEM = String.raw`(?: ?(?<p>[AaPp])\.?[Mm]\.?(?![A-Za-z]))?`;
const ZONE = String.raw`(?: ?(?<z>Z|UTC|GMT|[+-]\d\d:?\d\d)(?![\w:.]))?`;
const MONTH = String.raw`(?<b>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?`;
const WEEKDAY = String.raw`(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},?`;

/** Each shape is anchored (sticky), has no nested repetition, and so costs time in proportion to the few characters it takes. */
const DIGIT_SHAPES: readonly RegExp[] = [
  // 2024-01-02T03:04:05.678Z  2024/01/02 03:04:05  2005-06-03-15.42.50.675872  2016-09-28 04:30:30,123 +0000
  new RegExp(
    String.raw`(?<y>\d{4})(?:-(?<m>\d\d?)-|/(?<m2>\d\d?)/|\.(?<m3>\d\d?)\.)(?<d>\d\d?)(?:[Tt_:-]| {1,2})${CLOCK}${MERIDIEM}${ZONE}`,
    'y',
  ),
  // 20171223-22:15:29:606  20240102T030405Z
  new RegExp(
    String.raw`(?<y>\d{4})(?<m>\d\d)(?<d>\d\d)[T _-](?:${CLOCK}|(?<H2>\d\d)(?<M2>\d\d)(?<S2>\d\d)(?:[.,](?<f2>\d{1,9})\d*)?)${ZONE}`,
    'y',
  ),
  // 081109 203615  081109 20:36:15
  new RegExp(
    String.raw`(?<yy>\d\d)(?<m>\d\d)(?<d>\d\d) {1,2}(?:${CLOCK}|(?<H2>\d\d)(?<M2>\d\d)(?<S2>\d\d))(?!\d)`,
    'y',
  ),
  // 04/Dec/2005:04:47:44 +0000  04-Dec-2005 04:47:44.123  04 Dec 2005 04:47:44
  new RegExp(String.raw`(?<d>\d\d?)[/ -]${MONTH}[/ -](?<y>\d{4})[: T]${CLOCK}${MERIDIEM}${ZONE}`, 'y'),
  // 17/06/09 20:10:40 (Hadoop, Spark: year first)
  new RegExp(String.raw`(?<yy>\d\d)/(?<m>\d\d)/(?<d>\d\d) ${CLOCK}(?!\d)`, 'y'),
  // 02.01.2024 03:04:05
  new RegExp(String.raw`(?<d>\d\d?)\.(?<m>\d\d?)\.(?<y>\d{4}),? ${CLOCK}${ZONE}`, 'y'),
  // 03-17 16:13:38.811 (logcat)  10.30 16:49:06
  new RegExp(String.raw`(?<m>\d\d)[-.](?<d>\d\d) ${CLOCK}(?!\d)`, 'y'),
  // 1/2/2024 3:04:05 PM: whether the month comes first, the line does not say
  new RegExp(
    String.raw`(?<u>\d\d?)(?:/(?<d>\d\d?)/|-(?<d2>\d\d?)-)(?<y>\d{4}),?[ T-]${CLOCK}${MERIDIEM}${ZONE}`,
    'y',
  ),
];
const LETTER_SHAPES: readonly RegExp[] = [
  // Jun 14 15:16:01  Jun 14 2024 15:16:01.123  Jan 02, 2024 3:04:05 PM
  new RegExp(
    String.raw`${MONTH} {1,2}(?<d>\d\d?)(?:,? (?<y>\d{4}),?)? ${CLOCK}${MERIDIEM}${ZONE}(?: (?<y2>(?:19|20)\d\d)(?= |$))?`,
    'y',
  ),
  // Sun Dec 04 04:47:44.123456 2005  Sun Dec  4 04:47:44 UTC 2005
  new RegExp(
    String.raw`${WEEKDAY} ${MONTH} {1,2}(?<d>\d\d?) ${CLOCK}(?: (?<z>UTC|GMT|[+-]\d\d:?\d\d|[A-Z]{3,5}))?(?: (?<y>\d{4}))?`,
    'y',
  ),
  // Sun, 04 Dec 2005 04:47:44 +0000
  new RegExp(String.raw`${WEEKDAY} (?<d>\d\d?)[ -]${MONTH}[ -](?<y>\d{4}) ${CLOCK}${ZONE}`, 'y'),
];
/** Only where a format says that a number or a bare time of day is to be expected. */
const EPOCH = /(\d{10}|\d{13}|\d{16}|\d{19})(?:\.(\d{1,9})\d*)?(?![\w.:-])/y;
const TIME_OF_DAY = new RegExp(
  String.raw`(?<H>\d\d):(?<M>\d\d):(?<S>\d\d)(?:[.,](?<f>\d{1,9})\d*)?${MERIDIEM}(?![\w:])`,
  'y',
);
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** Reads a date with a time of day that begins exactly at `from`. */
export function matchDateTime(text: string, from: number): TimeMatch | undefined {
  const code = text.charCodeAt(from);
  const shapes = code >= 48 && code <= 57 ? DIGIT_SHAPES : code >= 65 && code <= 90 ? LETTER_SHAPES : [];
  for (const shape of shapes) {
    shape.lastIndex = from;
    const groups = shape.exec(text)?.groups;
    if (groups === undefined) continue;
    const end = shape.lastIndex;
    const time = toCivilTime(groups);
    if (time !== undefined) return { time, end };
  }
  return undefined;
}

/** Seconds (or finer) since 1970 that begin exactly at `from`. */
export function matchEpoch(text: string, from: number): TimeMatch | undefined {
  EPOCH.lastIndex = from;
  const match = EPOCH.exec(text);
  if (match === null) return undefined;
  const time = instantFromDigits(match[1] ?? '', match[2]);
  return time === undefined ? undefined : { time, end: EPOCH.lastIndex };
}

/** A time of day without a date, exactly at `from`. */
export function matchTimeOfDay(text: string, from: number): TimeMatch | undefined {
  TIME_OF_DAY.lastIndex = from;
  const groups = TIME_OF_DAY.exec(text)?.groups;
  if (groups === undefined) return undefined;
  const end = TIME_OF_DAY.lastIndex;
  const clock = clockOf(groups);
  if (clock === undefined) return undefined;
  const time: CivilTime = {
    kind: 'civil',
    year: undefined,
    month: 0,
    day: 0,
    ...clock,
    offsetMinutes: undefined,
    dateOrder: 'certain',
  };
  return { time, end };
}

/** The whole text as a date and time; undefined where anything else stands in it. */
export function parseTime(text: string): SourceTime | undefined {
  const match = matchDateTime(text, 0) ?? matchEpoch(text, 0);
  return match !== undefined && match.end === text.length ? match.time : undefined;
}

function toCivilTime(groups: Groups): CivilTime | undefined {
  const clock = clockOf(groups);
  if (clock === undefined) return undefined;
  const year = yearOf(groups);
  let month = monthOf(groups);
  let day = Number(groups['d'] ?? groups['d2']);
  const dateOrder = groups['u'] === undefined ? 'certain' : orderOf(month, day);
  if (dateOrder === 'proven-day-first') [month, day] = [day, month];
  if (!isCivilDate(year, month, day)) return undefined;
  const offsetMinutes = offsetOf(groups['z']);
  return { kind: 'civil', year, month, day, ...clock, offsetMinutes, dateOrder };
}

function orderOf(first: number, second: number): DateOrder {
  if (first > 12) return 'proven-day-first';
  return second > 12 ? 'proven-month-first' : 'unclear';
}

function yearOf(groups: Groups): number | undefined {
  if (groups['yy'] !== undefined) return 2000 + Number(groups['yy']);
  const text = groups['y'] ?? groups['y2'];
  return text === undefined ? undefined : Number(text);
}

function monthOf(groups: Groups): number {
  const name = groups['b'];
  if (name !== undefined) return MONTHS.indexOf(name.toLowerCase()) + 1;
  return Number(groups['m'] ?? groups['m2'] ?? groups['m3'] ?? groups['u']);
}

function clockOf(groups: Groups): Pick<CivilTime, 'hour' | 'minute' | 'second' | 'fraction'> | undefined {
  let hour = Number(groups['H'] ?? groups['H2']);
  const minute = Number(groups['M'] ?? groups['M2']);
  const second = Number(groups['S'] ?? groups['S2']);
  const meridiem = groups['p'];
  if (meridiem !== undefined) {
    if (hour < 1 || hour > 12) return undefined;
    hour = (hour % 12) + (meridiem.toLowerCase() === 'p' ? 12 : 0);
  }
  if (!isTimeOfDay(hour, minute, second)) return undefined;
  return { hour, minute, second, fraction: groups['f'] ?? groups['f2'] ?? '' };
}

/** Named zones other than UTC are not unique (IST, CST), so they count as no zone. */
function offsetOf(zone: string | undefined): number | undefined {
  if (zone === undefined) return undefined;
  if (zone === 'Z' || zone === 'UTC' || zone === 'GMT') return 0;
  const sign = zone.startsWith('-') ? -1 : zone.startsWith('+') ? 1 : 0;
  if (sign === 0) return undefined;
  return sign * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2)));
}
