import type { ByteRange } from '../ingest/byte-range';
import { skipSpace } from '../ingest/json-bytes';
import { endOfNumber, isCanonicalNumber, NO_NUMBER } from '../ingest/json-number';
import { MAX_SERVICE_NAME_LENGTH } from '../ingest/read-service-name';
import {
  MAX_METRIC_NAME_LENGTH,
  MAX_SERIES_BYTES,
  MAX_TAG_KEY_LENGTH,
  MAX_TAG_VALUE_LENGTH,
  MAX_TAGS,
} from './to-sample';

const SPACE = 0x20;
const QUOTE = 0x22;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const ZERO = 0x30;
const NINE = 0x39;
const MAX_TIMESTAMP_LENGTH = 64;
const NOT_PLAIN = NO_NUMBER;

/** Each with the quote that ends it. */
const METRIC_NAME = bytesOf('metric_name"');
const METRIC_VALUE = bytesOf('metric_value"');
const NAME = bytesOf('name"');
const SERVICE = bytesOf('service"');
const SERVICE_NAME = bytesOf('service_name"');
const TAGS = bytesOf('tags"');
const TIMESTAMP = bytesOf('timestamp"');
const VALUE = bytesOf('value"');
const PROTO = bytesOf('__proto__"');

/** By character code: 1 where it stands for itself in a string. */
const IS_PLAIN = new Uint8Array(256).fill(1, SPACE, 0x7f);
for (const special of '"\\') IS_PLAIN[special.charCodeAt(0)] = 0;

/**
 * Reads samples that need no change: of ASCII, without escapes, under known names only. Of these it says where in the bytes that came in their
 * fields are, which are canonical JSON already, so that nothing is parsed and written again. What it calls plain becomes exactly what toSample
 * makes of it; the rest (other fields, numbers as tags, blanks at the ends of names …) is left to that.
 */
export class PlainSampleReader {
  /** Index behind the record. */
  end = 0;
  /** These in their quotes, or numbers; each begins at 0 where there is none. */
  readonly metricName: ByteRange = { start: 0, end: 0 };
  readonly serviceName: ByteRange = { start: 0, end: 0 };
  readonly timestamp: ByteRange = { start: 0, end: 0 };
  readonly value: ByteRange = { start: 0, end: 0 };
  /** Whether JSON.stringify writes the value as it came. */
  isValueCanonical = false;
  /** In their braces. */
  readonly tags: ByteRange = { start: 0, end: 0 };
  /** Whether the tags are in order of key, with nothing between them. */
  areTagsCanonical = false;

  /** @param bytes of the whole request */
  constructor(private readonly bytes: Uint8Array) {}

  /** Whether a plain sample begins at `start`; then the fields say what it holds, until the next call. */
  read(start: number): boolean {
    const { bytes } = this;
    this.metricName.start = this.serviceName.start = this.timestamp.start = 0;
    this.value.start = this.tags.start = 0;
    let at = start;
    do {
      if (bytes[at] !== (at === start ? OPEN_BRACE : COMMA)) return false;
      const key = skipSpace(bytes, at + 1);
      const end = bytes[key] === QUOTE ? this.field(key + 1) : NOT_PLAIN;
      if (end === NOT_PLAIN) return false;
      at = skipSpace(bytes, end);
    } while (bytes[at] !== CLOSE_BRACE);
    this.end = at + 1;
    return this.metricName.start !== 0 && this.value.start !== 0 && this.seriesBytes() <= MAX_SERIES_BYTES;
  }

  /** With quotes and what else stands between the tags: whoever has few bytes more than he may is counted exactly on the long way. */
  private seriesBytes(): number {
    const { metricName, serviceName, tags } = this;
    return lengthOf(metricName) + lengthOf(serviceName) + lengthOf(tags);
  }

  /** A field whose name begins at `key`. Like all below: the index behind it, or NOT_PLAIN. */
  private field(key: number): number {
    switch (this.bytes[key]) {
      case 0x6d:
        if (this.isNamed(key, METRIC_NAME)) return this.readName(key + METRIC_NAME.length);
        return this.isNamed(key, METRIC_VALUE) ? this.readValue(key + METRIC_VALUE.length) : NOT_PLAIN;
      case 0x6e:
        return this.isNamed(key, NAME) ? this.readName(key + NAME.length) : NOT_PLAIN;
      case 0x73:
        if (this.isNamed(key, SERVICE)) return this.readService(key + SERVICE.length);
        return this.isNamed(key, SERVICE_NAME) ? this.readService(key + SERVICE_NAME.length) : NOT_PLAIN;
      case 0x74:
        if (this.isNamed(key, TAGS)) return this.readTags(key + TAGS.length);
        return this.isNamed(key, TIMESTAMP) ? this.readTimestamp(key + TIMESTAMP.length) : NOT_PLAIN;
      case 0x76:
        return this.isNamed(key, VALUE) ? this.readValue(key + VALUE.length) : NOT_PLAIN;
      default:
        return NOT_PLAIN;
    }
  }

  private isNamed(key: number, name: Uint8Array): boolean {
    const { bytes } = this;
    for (let index = 0; index < name.length; index++) if (bytes[key + index] !== name[index]) return false;
    return true;
  }

  private readName(at: number): number {
    const value = this.behindColon(at);
    return this.place(this.metricName, value, this.word(value, MAX_METRIC_NAME_LENGTH));
  }

  private readService(at: number): number {
    const value = this.behindColon(at);
    return this.place(this.serviceName, value, this.word(value, MAX_SERVICE_NAME_LENGTH));
  }

  private readTimestamp(at: number): number {
    const value = this.behindColon(at);
    const isText = this.bytes[value] === QUOTE;
    const end = isText ? this.string(value, MAX_TIMESTAMP_LENGTH) : endOfNumber(this.bytes, value);
    return this.place(this.timestamp, value, end);
  }

  private readValue(at: number): number {
    const value = this.behindColon(at);
    const end = endOfNumber(this.bytes, value);
    this.isValueCanonical = end !== NOT_PLAIN && isCanonicalNumber(this.bytes, value, end);
    return this.place(this.value, value, end);
  }

  private readTags(at: number): number {
    const { bytes } = this;
    const start = this.behindColon(at);
    if (bytes[start] !== OPEN_BRACE) return NOT_PLAIN;
    this.areTagsCanonical = true;
    let next = skipSpace(bytes, start + 1);
    if (bytes[next] === CLOSE_BRACE) {
      this.areTagsCanonical = next === start + 1;
      return this.place(this.tags, start, next + 1);
    }
    let before = start;
    let last = NOT_PLAIN;
    for (let count = 1; count <= MAX_TAGS; count++) {
      const keyEnd = this.tagKey(next);
      const value = keyEnd === NOT_PLAIN ? NOT_PLAIN : this.behindColon(keyEnd);
      const end = this.string(value, MAX_TAG_VALUE_LENGTH);
      if (end === NOT_PLAIN) return NOT_PLAIN;
      const isNext =
        next === before + 1 && value === keyEnd + 1 && (last === NOT_PLAIN || this.isBefore(last, next));
      before = skipSpace(bytes, end);
      if (!isNext || before !== end) this.areTagsCanonical = false;
      if (bytes[before] === CLOSE_BRACE) return this.place(this.tags, start, before + 1);
      if (bytes[before] !== COMMA) return NOT_PLAIN;
      last = next;
      next = skipSpace(bytes, before + 1);
    }
    return NOT_PLAIN;
  }

  /** A key that begins with a digit would change its place among the others. */
  private tagKey(at: number): number {
    const { bytes } = this;
    const first = bytes[at + 1] ?? 0;
    if ((first >= ZERO && first <= NINE) || this.isNamed(at + 1, PROTO)) return NOT_PLAIN;
    const end = this.string(at, MAX_TAG_KEY_LENGTH);
    return end - at > 2 ? end : NOT_PLAIN;
  }

  /** Whether the text in quotes at `a` comes before the one at `b`. */
  private isBefore(a: number, b: number): boolean {
    const { bytes } = this;
    let length = 1;
    while (bytes[a + length] === bytes[b + length] && bytes[a + length] !== QUOTE) length++;
    if (bytes[a + length] === QUOTE) return bytes[b + length] !== QUOTE;
    return bytes[b + length] !== QUOTE && (bytes[a + length] ?? 0) < (bytes[b + length] ?? 0);
  }

  /** What comes twice is not plain. */
  private place(range: ByteRange, start: number, end: number): number {
    if (range.start !== 0 || end === NOT_PLAIN) return NOT_PLAIN;
    range.start = start;
    range.end = end;
    return end;
  }

  private behindColon(at: number): number {
    const colon = skipSpace(this.bytes, at);
    return this.bytes[colon] === COLON ? skipSpace(this.bytes, colon + 1) : NOT_PLAIN;
  }

  /** A string that is not empty, without blanks at its ends. */
  private word(at: number, maxLength: number): number {
    const end = this.string(at, maxLength);
    const isWord = end - at > 2 && this.bytes[at + 1] !== SPACE && this.bytes[end - 2] !== SPACE;
    return isWord ? end : NOT_PLAIN;
  }

  private string(start: number, maxLength: number): number {
    const { bytes } = this;
    if (bytes[start] !== QUOTE) return NOT_PLAIN;
    let at = start + 1;
    while (IS_PLAIN[bytes[at] ?? 0] === 1) at++;
    return bytes[at] === QUOTE && at - start - 1 <= maxLength ? at + 1 : NOT_PLAIN;
  }
}

/** Its end is one of before where it begins at 0. */
function lengthOf({ start, end }: ByteRange): number {
  return start === 0 ? 0 : end - start;
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
