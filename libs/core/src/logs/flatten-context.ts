import { cleanText, cutToLength } from '../common/clean-text';
import type { ContextValue } from './log-record';
import { isSecretKey, redactText, redactValue, withoutOpenEnd } from './redact';

/** How much of a context is kept. Lengths in UTF-16 units. */
export interface ContextBounds {
  readonly maxFields: number;
}

const MAX_CONTEXT_DEPTH = 8;
export const MAX_CONTEXT_KEY_LENGTH = 200;
export const MAX_CONTEXT_VALUE_LENGTH = 32_768;
const MAX_JSON_DEPTH = 32;
const MAX_JSON_ITEMS = 1000;
const UNCHANGED: readonly string[] = [];

/** A flat context in the making, and what was changed on the way. */
export class ContextDraft {
  readonly fields: Record<string, ContextValue> = {};
  private count = 0;
  private dropped = 0;
  private repeated = 0;
  private cutKeys = 0;
  private cutValues = 0;
  private replaced = 0;
  private redacted = 0;
  private deep = 0;
  private omitted = 0;

  constructor(private readonly bounds: ContextBounds) {}

  /** Adds the fields of nested input under dotted keys. */
  addObject(input: object, path = '', depth = 1): void {
    for (const key of Object.keys(input)) {
      const segment = key === '' ? '_' : key;
      const value = (input as Readonly<Record<string, unknown>>)[key];
      this.addNested(path === '' ? segment : `${path}.${segment}`, value, depth);
    }
  }

  /** Adds one field, or the fields of an object under this key. */
  addNested(key: string, value: unknown, depth = 1): void {
    if (this.count >= this.bounds.maxFields) this.dropped++;
    else if (!isNested(value)) this.add(key, value);
    else if (depth < MAX_CONTEXT_DEPTH) this.addObject(value, key, depth + 1);
    else {
      this.deep++;
      this.add(key, value);
    }
  }

  /** Adds one field as it is; whatever is no flat value becomes JSON text. */
  add(key: string, value: unknown): void {
    if (value === undefined || typeof value === 'function' || typeof value === 'symbol') return;
    const name = this.nameOf(key);
    if (Object.hasOwn(this.fields, name)) {
      this.repeated++;
      return;
    }
    if (this.count >= this.bounds.maxFields) {
      this.dropped++;
      return;
    }
    this.count++;
    const kept = this.valueOf(name, value);
    if (name === '__proto__') {
      Object.defineProperty(this.fields, name, {
        value: kept,
        enumerable: true,
        writable: true,
        configurable: true,
      });
    } else this.fields[name] = kept;
  }

  /** Cleaned and without secrets. */
  text(input: string): string {
    const clean = cleanText(input);
    if (clean !== input) this.replaced++;
    const { text, count } = redactText(clean);
    this.redacted += count;
    return text;
  }

  /** What was changed, in words; empty where nothing was. */
  notes(): readonly string[] {
    if (!this.isChanged()) return UNCHANGED;
    return [
      [this.dropped, 'fields beyond the limit were dropped'],
      [this.repeated, 'repeated keys were dropped'],
      [this.cutKeys, 'long keys were cut'],
      [this.cutValues, 'long values were cut'],
      [this.deep, `fields nested deeper than ${MAX_CONTEXT_DEPTH} levels were kept as JSON text`],
      [this.omitted, 'parts of values that nest too deeply or are too long were left out'],
      [this.replaced, 'texts had NUL or unpaired surrogates, replaced by U+FFFD'],
      [this.redacted, 'secrets were redacted'],
    ].flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`]));
  }

  private jsonOf(value: object): string {
    const { text, omitted } = toBoundedJson(value);
    this.omitted += omitted;
    return text;
  }

  private isChanged(): boolean {
    const { dropped, repeated, cutKeys, cutValues, replaced, redacted, deep, omitted } = this;
    return dropped + repeated + cutKeys + cutValues + replaced + redacted + deep + omitted > 0;
  }

  private nameOf(key: string): string {
    const clean = cleanText(key === '' ? '_' : key);
    if (clean !== key && key !== '') this.replaced++;
    const name = cutToLength(clean, MAX_CONTEXT_KEY_LENGTH);
    if (name !== clean) this.cutKeys++;
    return name;
  }

  private valueOf(name: string, value: unknown): ContextValue {
    if (typeof value === 'boolean' || value === null) return value;
    const isSecret = isSecretKey(name);
    if (typeof value === 'number' && Number.isFinite(value) && !isSecret) return value === 0 ? 0 : value;
    const text = typeof value === 'object' ? this.jsonOf(value) : String(value);
    if (isSecret) {
      const redaction = redactValue(text);
      this.redacted += redaction.count;
      return redaction.text;
    }
    const clean = this.text(text);
    if (clean.length <= MAX_CONTEXT_VALUE_LENGTH) return clean;
    this.cutValues++;
    return withoutOpenEnd(cutToLength(clean, MAX_CONTEXT_VALUE_LENGTH));
  }
}

function isNested(value: unknown): value is object {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0
  );
}

/** JSON text of any value, and how much was left out: what lies too deep, or behind too many neighbours, is only named. */
export function toBoundedJson(value: unknown): { readonly text: string; readonly omitted: number } {
  const tally = { omitted: 0 };
  const text = JSON.stringify(bounded(value, MAX_JSON_DEPTH, tally)) ?? 'null';
  return { text, omitted: tally.omitted };
}

function bounded(value: unknown, depth: number, tally: { omitted: number }): unknown {
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) {
    tally.omitted++;
    return '[nested too deeply]';
  }
  const isList = Array.isArray(value);
  const entries: readonly [string, unknown][] = isList
    ? value.slice(0, MAX_JSON_ITEMS).map((item: unknown, index) => [String(index), item])
    : Object.entries(value).slice(0, MAX_JSON_ITEMS);
  const more = (isList ? value.length : Object.keys(value).length) - entries.length;
  if (more > 0) tally.omitted += more;
  if (!isList)
    return Object.fromEntries(entries.map(([key, item]) => [key, bounded(item, depth - 1, tally)]));
  const items = entries.map(([, item]) => bounded(item, depth - 1, tally));
  return more > 0 ? [...items, `[${more} more]`] : items;
}
