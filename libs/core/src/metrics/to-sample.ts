import { cleanText, cutToLength, utf8Length } from '../common/clean-text';
import { toIso } from '../common/time-range';
import type { NormaliseContext, Normalised } from '../ingest/normalised';
import { MAX_SERVICE_NAME_LENGTH } from '../ingest/read-service-name';
import { resolveTimestamp } from '../ingest/resolve-timestamp';
import type { Sample, SeriesKey, Tags } from './sample';
import { REPEATED_SERIES_NOTE } from './series-at-arrival';

/** A store adds values up, and a double holds a sum up to 1.8e308: so many samples as would reach it from here, nobody has. */
export const MAX_MAGNITUDE = 1e150;
export const MAX_METRIC_NAME_LENGTH = 200;
export const MAX_TAGS = 32;
export const MAX_TAG_KEY_LENGTH = 100;
export const MAX_TAG_VALUE_LENGTH = 200;
/**
 * Of name, service, keys and values together, in UTF-8. PostgreSQL keeps a series apart from others by an index whose entries take 2,704 bytes;
 * 312 at most are for what comes besides (32 tags), so that any series of this size fits, however little its text can be compressed.
 */
export const MAX_SERIES_BYTES = 2300;

type Fields = Readonly<Record<string, unknown>>;

/** Whether a metric store takes the number. */
export function isStorableValue(value: number): boolean {
  return Math.abs(value) <= MAX_MAGNITUDE;
}

/** Any JSON value to a canonical sample, or why it is none. Never throws; whatever it changes is noted. */
export function toSample(input: unknown, context: NormaliseContext): Normalised<Sample> {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    return { ok: false, reason: 'must be an object' };
  const fields = input as Fields;
  const name = fields['name'] ?? fields['metric_name'];
  const value = fields['value'] ?? fields['metric_value'];
  const service = fields['service'] ?? fields['service_name'] ?? '';
  const notes: string[] = [];

  const metricName = readName(name, notes);
  if (metricName === undefined) return { ok: false, field: 'name', reason: nameProblem(name) };
  if (typeof value !== 'number' || !isStorableValue(value))
    return { ok: false, field: 'value', reason: valueProblem(value) };
  if (typeof service !== 'string' || service.length > MAX_SERVICE_NAME_LENGTH) {
    const reason = `must be text of at most ${MAX_SERVICE_NAME_LENGTH} characters`;
    return { ok: false, field: 'service', reason };
  }
  const tags = readTags(fields['tags'], notes);
  if (typeof tags === 'string') return { ok: false, field: 'tags', reason: tags };
  const series: SeriesKey = { metricName, serviceName: cleanText(service).trim(), tags };
  const bytes = seriesBytes(series);
  if (bytes > MAX_SERIES_BYTES) {
    const reason = `must have, with name and service, at most ${MAX_SERIES_BYTES} bytes in UTF-8; they have ${bytes}`;
    return { ok: false, field: 'tags', reason };
  }
  const { epochMs } = resolveTimestamp(fields['timestamp'], context, notes);
  const isAtArrival = epochMs === context.receivedAtMs;
  if (isAtArrival && context.seriesAtArrival?.isRepeated(textOf(series))) notes.push(REPEATED_SERIES_NOTE);
  const record: Sample = {
    projectId: context.projectId,
    ...series,
    timestamp: toIso(epochMs),
    value: value === 0 ? 0 : value,
  };
  return { ok: true, record, notes };
}

/** A cut name would join two series into one, so a long one is refused. */
function readName(given: unknown, notes: string[]): string | undefined {
  if (typeof given !== 'string' || given.trim() === '') return undefined;
  const name = cleanText(given).trim();
  if (name.length > MAX_METRIC_NAME_LENGTH) return undefined;
  if (name !== given) notes.push('name: blanks at its ends or characters that cannot be kept were replaced');
  return name;
}

function nameProblem(given: unknown): string {
  if (given === undefined || given === null) return 'is missing';
  if (typeof given !== 'string' || given.trim() === '') return 'must be text that is not blank';
  return `must have at most ${MAX_METRIC_NAME_LENGTH} characters`;
}

function valueProblem(given: unknown): string {
  if (given === undefined || given === null) return 'is missing';
  return `must be a number from -${MAX_MAGNITUDE} to ${MAX_MAGNITUDE}`;
}

function seriesBytes({ metricName, serviceName, tags }: SeriesKey): number {
  const texts = [metricName, serviceName, ...Object.entries(tags).flat()];
  return texts.reduce((bytes, text) => bytes + utf8Length(text), 0);
}

/** As a plain sample has it; see PlainSampleLines. */
function textOf({ metricName, serviceName, tags }: SeriesKey): string {
  return `${JSON.stringify(metricName)}${JSON.stringify(serviceName)}${JSON.stringify(tags)}`;
}

/** In order of key, so that a series has one form; or what is wrong with them. Tags name the series, so none is dropped or cut. */
function readTags(given: unknown, notes: string[]): Tags | string {
  if (given === undefined || given === null) return {};
  if (typeof given !== 'object' || Array.isArray(given)) return 'must be an object of texts';
  const keys = Object.keys(given).sort();
  if (keys.length > MAX_TAGS) return `must have at most ${MAX_TAGS} keys`;
  const tags: [string, string][] = [];
  let changed = 0;
  for (const key of keys) {
    const value = (given as Fields)[key];
    if (value === null || value === undefined) {
      changed++;
      continue;
    }
    if (typeof value === 'object') return `must hold texts; ${cutToLength(cleanText(key), 60)} is nested`;
    const text = cleanText(String(value));
    const name = cleanText(key);
    if (name === '' || name.length > MAX_TAG_KEY_LENGTH)
      return `must have keys of 1 to ${MAX_TAG_KEY_LENGTH} characters`;
    if (text.length > MAX_TAG_VALUE_LENGTH)
      return `must have values of at most ${MAX_TAG_VALUE_LENGTH} characters; ${name} has ${text.length}`;
    if (text !== value || name !== key) changed++;
    tags.push([name, text]);
  }
  if (changed > 0)
    notes.push(`tags: ${changed} ${changed === 1 ? 'was' : 'were'} taken as text, or dropped for being null`);
  return Object.fromEntries(tags);
}
