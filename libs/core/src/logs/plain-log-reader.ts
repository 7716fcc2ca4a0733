import { skipSpace } from '../ingest/json-bytes';
import { MAX_CONTEXT_KEY_LENGTH, MAX_CONTEXT_VALUE_LENGTH } from './flatten-context';
import { SECRET_PAIRS, isSecretKey, mayHoldSecret } from './redact';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const MAX_DEPTH = 6;
const MAX_FIELDS = 64;
/** So many digits a double keeps, whatever they are. */
const MAX_DIGITS = 15;
const MAX_ID_BYTES = 128;
const NOT_PLAIN = -1;

/** By character code: 0 stands for itself in a string, 1 ends it, 2 escapes the next, 3 makes it not plain. */
const STRING_KIND = new Uint8Array(256).fill(3);
STRING_KIND.fill(0, 0x20, 0x7f);
STRING_KIND[QUOTE] = 1;
STRING_KIND[BACKSLASH] = 2;
/** What JSON.stringify writes after a backslash, but for \u. */
const IS_ESCAPE = new Uint8Array(256);
for (const escape of '"\\nrtbf') IS_ESCAPE[escape.charCodeAt(0)] = 1;

/** By two character codes of 7 bits: 1 where a text that holds both, one after the other, may hold a secret. */
const IS_SECRET_PAIR = new Uint8Array(1 << 14);
for (const pair of SECRET_PAIRS) {
  for (const first of [pair.charAt(0), pair.charAt(0).toUpperCase()])
    for (const second of [pair.charAt(1), pair.charAt(1).toUpperCase()])
      IS_SECRET_PAIR[(first.charCodeAt(0) << 7) | second.charCodeAt(0)] = 1;
}

/** Of the record that is being read: reading is one step, so that all readers share them. */
const names = new Int32Array(MAX_FIELDS);

/**
 * Reads log records that need no change: of ASCII, with nothing to redact, cut or note. For these it gives slices of the text that came in,
 * which are canonical JSON already, so that nothing is parsed and written again. What it calls plain becomes exactly what toLogRecord makes of
 * it; the rest (escapes as \u, secrets, lists, repeated names, numbers as 1e3 …) is left to that.
 */
export class PlainLogReader {
  /** Index behind the record. */
  end = 0;
  /** As it came, in its quotes. */
  messageJson = '';
  messageStart = 0;
  hasEscapeInMessage = false;
  level = '';
  serviceName = '';
  timestamp: string | number | undefined;
  /** In quotes; empty where there is none. */
  traceIdJson = '';
  spanIdJson = '';
  correlationIdJson = '';
  /** The flat context's fields, each after a comma. */
  contextJson = '';

  private otherJson = '';
  private fields = 0;
  private hasPair = false;
  private hasEscape = false;
  private nameHash = 0;

  /**
   * @param bytes of the whole request
   * @param text of the same bytes, one character each (latin1)
   */
  constructor(
    private readonly bytes: Uint8Array,
    private readonly text: string,
    private readonly limits: { readonly maxMessageBytes: number; readonly maxContextFields: number },
  ) {}

  /** Whether a plain record begins at `start`; then the fields say what it holds, until the next call. */
  read(start: number): boolean {
    this.reset();
    const end = this.object(start, '', 0, 0);
    if (end === NOT_PLAIN || this.messageJson === '' || this.level === '' || this.serviceName === '')
      return false;
    if (this.fields > this.limits.maxContextFields) return false;
    if (this.hasPair && mayHoldSecret(this.text.slice(start, end))) return false;
    this.contextJson += this.otherJson;
    this.end = end;
    return true;
  }

  private reset(): void {
    this.messageJson = this.level = this.serviceName = '';
    this.traceIdJson = this.spanIdJson = this.correlationIdJson = '';
    this.contextJson = this.otherJson = '';
    this.timestamp = undefined;
    this.fields = 0;
    this.hasPair = false;
  }

  /** Depth 0 is the record itself. Like all below: the index behind it, or NOT_PLAIN. */
  private object(start: number, prefix: string, prefixHash: number, depth: number): number {
    const { bytes } = this;
    if (bytes[start] !== OPEN_BRACE || depth > MAX_DEPTH) return NOT_PLAIN;
    let at = skipSpace(bytes, start + 1);
    for (;;) {
      if (bytes[at] !== QUOTE) return NOT_PLAIN;
      const keyEnd = this.key(at + 1, prefixHash);
      if (keyEnd === NOT_PLAIN) return NOT_PLAIN;
      const colon = skipSpace(bytes, keyEnd + 1);
      if (bytes[colon] !== COLON) return NOT_PLAIN;
      const value = skipSpace(bytes, colon + 1);
      const next =
        depth === 0 ? this.field(at + 1, keyEnd, value) : this.member(at + 1, keyEnd, value, prefix, depth);
      if (next === NOT_PLAIN) return NOT_PLAIN;
      at = skipSpace(bytes, next);
      if (bytes[at] === CLOSE_BRACE) return at + 1;
      if (bytes[at] !== COMMA) return NOT_PLAIN;
      at = skipSpace(bytes, at + 1);
    }
  }

  /** A field of the record: one that is known by its name, or one for the context. */
  private field(key: number, keyEnd: number, value: number): number {
    const { text } = this;
    switch (text.slice(key, keyEnd)) {
      case 'message':
        return this.messageJson === '' ? this.readMessage(value) : NOT_PLAIN;
      case 'level': {
        const end = this.level === '' ? this.word(value) : NOT_PLAIN;
        this.level = text.slice(value + 1, end - 1);
        return end;
      }
      case 'service':
      case 'service_name': {
        const end = this.serviceName === '' ? this.word(value) : NOT_PLAIN;
        this.serviceName = text.slice(value + 1, end - 1);
        return end;
      }
      case 'timestamp':
        return this.timestamp === undefined ? this.readTimestamp(value) : NOT_PLAIN;
      case 'trace_id': {
        const end = this.traceIdJson === '' ? this.word(value) : NOT_PLAIN;
        this.traceIdJson = text.slice(value, end);
        return end;
      }
      case 'span_id': {
        const end = this.spanIdJson === '' ? this.word(value) : NOT_PLAIN;
        this.spanIdJson = text.slice(value, end);
        return end;
      }
      case 'correlation_id': {
        const end = this.correlationIdJson === '' ? this.word(value) : NOT_PLAIN;
        this.correlationIdJson = text.slice(value, end);
        return end;
      }
      case 'context':
        return this.readContext(value);
      case 'id':
      case 'original_level':
        return NOT_PLAIN;
      default:
        return this.member(key, keyEnd, value, '', 0);
    }
  }

  /** Its fields come before all others, wherever it stands. */
  private readContext(value: number): number {
    if (this.contextJson !== '') return NOT_PLAIN;
    const others = this.otherJson;
    this.otherJson = '';
    const end = this.object(value, '', 0, 1);
    this.contextJson = this.otherJson;
    this.otherJson = others;
    return end;
  }

  private readMessage(value: number): number {
    const end = this.string(value);
    if (end === NOT_PLAIN || end - value <= 2 || end - value - 2 > this.limits.maxMessageBytes)
      return NOT_PLAIN;
    this.messageJson = this.text.slice(value, end);
    this.messageStart = value + 1;
    this.hasEscapeInMessage = this.hasEscape;
    return end;
  }

  private readTimestamp(value: number): number {
    if (this.bytes[value] === QUOTE) {
      const end = this.word(value);
      this.timestamp = this.text.slice(value + 1, end - 1);
      return end;
    }
    const end = this.number(value);
    this.timestamp = Number(this.text.slice(value, end));
    return end;
  }

  /** A short string that is not empty, without escapes and without blanks at its ends. */
  private word(value: number): number {
    const { bytes } = this;
    const end = this.string(value);
    const isWord =
      end !== NOT_PLAIN &&
      !this.hasEscape &&
      end - value > 2 &&
      end - value - 2 <= MAX_ID_BYTES &&
      bytes[value + 1] !== 0x20 &&
      bytes[end - 2] !== 0x20;
    return isWord ? end : NOT_PLAIN;
  }

  /** A field for the context, flattened under dotted names. */
  private member(key: number, keyEnd: number, value: number, prefix: string, depth: number): number {
    const { text, nameHash } = this;
    if (this.bytes[value] === OPEN_BRACE)
      return this.object(value, `${prefix}${text.slice(key, keyEnd)}.`, nameHash || 1, depth + 1);
    if (prefix.length + keyEnd - key > MAX_CONTEXT_KEY_LENGTH || this.isRepeated(nameHash)) return NOT_PLAIN;
    const end = this.scalar(value);
    if (end === NOT_PLAIN) return NOT_PLAIN;
    // Where nothing stands between name and value, both are one slice.
    this.otherJson +=
      value === keyEnd + 2
        ? `,"${prefix}${text.slice(key, end)}`
        : `,"${prefix}${text.slice(key, keyEnd)}":${text.slice(value, end)}`;
    return end;
  }

  /** Also notes the name. Names are told apart by their hashes: of two with one hash neither is plain. */
  private isRepeated(hash: number): boolean {
    const { fields } = this;
    if (fields === MAX_FIELDS) return true;
    for (let index = 0; index < fields; index++) if (names[index] === hash) return true;
    names[fields] = hash;
    this.fields++;
    return false;
  }

  private scalar(at: number): number {
    const code = this.bytes[at];
    if (code === QUOTE) {
      const end = this.string(at);
      return end - at - 2 > MAX_CONTEXT_VALUE_LENGTH ? NOT_PLAIN : end;
    }
    if (code === 0x74) return this.literal(at, 'true');
    if (code === 0x66) return this.literal(at, 'false');
    if (code === 0x6e) return this.literal(at, 'null');
    return this.number(at);
  }

  private literal(at: number, word: string): number {
    const end = at + word.length;
    return this.text.startsWith(word, at) ? end : NOT_PLAIN;
  }

  /** Index of the closing quote of the name that begins at `start`. A name that begins with a digit would change its place. */
  private key(start: number, prefixHash: number): number {
    const { bytes } = this;
    let code = bytes[start] ?? 0;
    if (code <= 0x39 && code >= ZERO) return NOT_PLAIN;
    let at = start;
    let hash = prefixHash === 0 ? 0x811c9dc5 : Math.imul(prefixHash ^ POINT, 0x01000193);
    let before = 0;
    let seen = 0;
    while (STRING_KIND[code] === 0) {
      seen |= IS_SECRET_PAIR[(before << 7) | code] ?? 0;
      hash = Math.imul(hash ^ code, 0x01000193);
      before = code;
      code = bytes[++at] ?? 0;
    }
    if (code !== QUOTE || at === start) return NOT_PLAIN;
    if (seen !== 0) this.hasPair = true;
    this.nameHash = hash;
    return this.isSecretName(start, at) || this.text.startsWith('__proto__"', start) ? NOT_PLAIN : at;
  }

  /** Of the names that tell of a secret, `pass` and `cookie` are the ones without a pair; most end otherwise. */
  private isSecretName(start: number, end: number): boolean {
    const { bytes, text } = this;
    const last = (bytes[end - 1] ?? 0) | 0x20;
    const middle = (bytes[end - 2] ?? 0) | 0x20;
    const isLikely = (last === 0x73 && middle === 0x73) || (last === 0x65 && middle === 0x69);
    return isLikely && isSecretKey(text.slice(start, end));
  }

  /** Index behind the string whose opening quote is at `start`. */
  private string(start: number): number {
    const { bytes } = this;
    if (bytes[start] !== QUOTE) return NOT_PLAIN;
    let at = start + 1;
    let before = 0;
    let seen = 0;
    this.hasEscape = false;
    for (;;) {
      const code = bytes[at] ?? 0;
      const kind = STRING_KIND[code];
      if (kind === 0) {
        seen |= IS_SECRET_PAIR[(before << 7) | code] ?? 0;
        before = code;
        at++;
      } else if (kind === 1) {
        if (seen !== 0) this.hasPair = true;
        return at + 1;
      } else if (kind === 2 && IS_ESCAPE[bytes[at + 1] ?? 0] === 1) {
        this.hasEscape = true;
        before = 0;
        at += 2;
      } else return NOT_PLAIN;
    }
  }

  /** Index behind a number that JSON.stringify would write in the same way. */
  private number(start: number): number {
    const { bytes } = this;
    const first = bytes[start] === MINUS ? start + 1 : start;
    const point = endOfDigits(bytes, first);
    if (point === first || (bytes[first] === ZERO && point > first + 1)) return NOT_PLAIN;
    let end = point;
    if (bytes[point] === POINT) {
      end = endOfDigits(bytes, point + 1);
      if (end === point + 1 || bytes[end - 1] === ZERO) return NOT_PLAIN;
      // Small ones are written with an exponent.
      if (bytes[first] === ZERO && bytes[point + 1] === ZERO) return NOT_PLAIN;
    } else if (first > start && bytes[first] === ZERO) return NOT_PLAIN;
    const next = (bytes[end] ?? 0) | 0x20;
    return end - first > MAX_DIGITS || next === 0x65 ? NOT_PLAIN : end;
  }
}

function endOfDigits(bytes: Uint8Array, at: number): number {
  let end = at;
  for (;;) {
    const code = bytes[end] ?? 0;
    if (code < ZERO || code > 0x39) return end;
    end++;
  }
}
