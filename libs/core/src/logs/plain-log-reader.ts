import { BytePieces, type ByteRange } from '../ingest/byte-pieces';
import { skipSpace } from '../ingest/json-bytes';
import { endOfNumber, isCanonicalNumber, NO_NUMBER } from '../ingest/json-number';
import { MAX_CONTEXT_KEY_LENGTH, MAX_CONTEXT_VALUE_LENGTH } from './flatten-context';
import { isSecretKey, redactText } from './redact';
import { KEY_FOLLOWERS, TEXT_FOLLOWERS, foldOf } from './secret-trigrams';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const POINT = 0x2e;
const ZERO = 0x30;
const UNDERSCORE = 0x5f;
const MAX_DEPTH = 6;
const MAX_FIELDS = 64;
const MAX_ID_BYTES = 128;
const NOT_PLAIN = -1;

/** By character code: below ENDS what secret-trigrams.ts makes of a character that stands for itself in a string. */
const CHARACTERS = new Uint8Array(256);
const ENDS = 32;
const ESCAPES = 33;
const IS_NOT_PLAIN = 34;
CHARACTERS.fill(IS_NOT_PLAIN);
for (let code = 0x20; code < 0x7f; code++) CHARACTERS[code] = foldOf(code);
CHARACTERS[QUOTE] = ENDS;
CHARACTERS[BACKSLASH] = ESCAPES;
/** What JSON.stringify writes after a backslash, but for \u. */
const IS_ESCAPE = new Uint8Array(256);
for (const escape of '"\\nrtbf') IS_ESCAPE[escape.charCodeAt(0)] = 1;

const FIELD_NAMES = [
  'message',
  'level',
  'service',
  'service_name',
  'timestamp',
  'trace_id',
  'span_id',
  'correlation_id',
  'context',
  'id',
  'original_level',
] as const;
type FieldName = (typeof FIELD_NAMES)[number];
const FIELDS = new Map(FIELD_NAMES.map((name) => [hashOf(name), name]));

/** Of the record that is being read: it is read and written in one step, so that all readers share them. */
const names = new Int32Array(MAX_FIELDS);
const objectNames = new Int32Array(MAX_FIELDS);
/** Where the names begin and end under which the object that is being read stands. */
const parents = new Int32Array(2 * (MAX_DEPTH + 1));
const MAX_PIECES = MAX_FIELDS * (MAX_DEPTH + 3);
const contextPieces = new BytePieces(MAX_PIECES);
const otherPieces = new BytePieces(MAX_PIECES);

/**
 * Reads log records that need no change: of ASCII, with nothing to redact, cut or note. Of these it says where in the bytes that came in their
 * fields are, which are canonical JSON already, so that nothing is parsed and written again. What it calls plain becomes exactly what toLogRecord
 * makes of it; the rest (escapes as \u, secrets, lists, repeated names, numbers as 1e3 …) is left to that.
 */
export class PlainLogReader {
  /** Index behind the record. */
  end = 0;
  /** These in their quotes; each begins at 0 where there is none. */
  readonly message: ByteRange = { start: 0, end: 0 };
  readonly level: ByteRange = { start: 0, end: 0 };
  readonly serviceName: ByteRange = { start: 0, end: 0 };
  readonly traceId: ByteRange = { start: 0, end: 0 };
  readonly spanId: ByteRange = { start: 0, end: 0 };
  readonly correlationId: ByteRange = { start: 0, end: 0 };
  /** A text in its quotes, or a number. */
  readonly timestamp: ByteRange = { start: 0, end: 0 };
  hasEscapeInMessage = false;
  /** The flat context's fields, each after a comma: those of `context`, then all others. */
  readonly context = contextPieces;
  readonly others = otherPieces;

  private pieces = otherPieces;
  private hasContext = false;
  private fields = 0;
  private objects = 0;
  private hasEscape = false;
  private nameHash = 0;

  /** @param bytes of the whole request */
  constructor(
    private readonly bytes: Uint8Array,
    private readonly limits: { readonly maxMessageBytes: number; readonly maxContextFields: number },
  ) {}

  /** Whether a plain record begins at `start`; then the fields say what it holds, until anything else is read. */
  read(start: number): boolean {
    this.reset();
    const end = this.object(start, 0, 0, 0);
    if (end === NOT_PLAIN || this.message.start === 0) return false;
    if (this.level.start === 0 || this.serviceName.start === 0) return false;
    if (this.fields > this.limits.maxContextFields) return false;
    this.end = end;
    return true;
  }

  private reset(): void {
    this.message.start = this.level.start = this.serviceName.start = this.timestamp.start = 0;
    this.traceId.start = this.spanId.start = this.correlationId.start = 0;
    this.pieces = this.others;
    this.context.clear();
    this.others.clear();
    this.hasContext = false;
    this.fields = this.objects = 0;
  }

  /**
   * Depth 0 is the record itself; `levels` names are before those of its fields. Like all below: the index behind it, or
   * NOT_PLAIN.
   */
  private object(start: number, prefixHash: number, depth: number, levels: number): number {
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
        depth === 0 ? this.field(at + 1, keyEnd, value) : this.member(at + 1, keyEnd, value, depth, levels);
      if (next === NOT_PLAIN) return NOT_PLAIN;
      at = skipSpace(bytes, next);
      if (bytes[at] === CLOSE_BRACE) return at + 1;
      if (bytes[at] !== COMMA) return NOT_PLAIN;
      at = skipSpace(bytes, at + 1);
    }
  }

  /** A field of the record: one that is known by its name, or one for the context. */
  private field(key: number, keyEnd: number, value: number): number {
    switch (this.knownName(key, keyEnd)) {
      case 'message':
        return this.readMessage(value);
      case 'level':
        return this.word(value, this.level);
      case 'service':
      case 'service_name':
        return this.word(value, this.serviceName);
      case 'timestamp':
        return this.readTimestamp(value);
      case 'trace_id':
        return this.word(value, this.traceId);
      case 'span_id':
        return this.word(value, this.spanId);
      case 'correlation_id':
        return this.word(value, this.correlationId);
      case 'context':
        return this.readContext(value);
      case 'id':
      case 'original_level':
        return NOT_PLAIN;
      case undefined:
        return this.member(key, keyEnd, value, 0, 0);
    }
  }

  private knownName(key: number, keyEnd: number): FieldName | undefined {
    const name = FIELDS.get(this.nameHash);
    return name !== undefined && this.isText(name, key, keyEnd) ? name : undefined;
  }

  private isText(text: string, start: number, end: number): boolean {
    if (end - start !== text.length) return false;
    for (let index = 0; index < text.length; index++)
      if (this.bytes[start + index] !== text.charCodeAt(index)) return false;
    return true;
  }

  /** Its fields come before all others, wherever it stands. */
  private readContext(value: number): number {
    if (this.hasContext) return NOT_PLAIN;
    this.hasContext = true;
    this.pieces = this.context;
    const end = this.object(value, 0, 1, 0);
    this.pieces = this.others;
    return end;
  }

  private readMessage(value: number): number {
    if (this.message.start !== 0) return NOT_PLAIN;
    const end = this.string(value);
    if (end === NOT_PLAIN || end - value <= 2 || end - value - 2 > this.limits.maxMessageBytes)
      return NOT_PLAIN;
    this.hasEscapeInMessage = this.hasEscape;
    this.message.start = value;
    return (this.message.end = end);
  }

  private readTimestamp(value: number): number {
    if (this.bytes[value] === QUOTE) return this.word(value, this.timestamp);
    const end = this.timestamp.start === 0 ? this.number(value) : NOT_PLAIN;
    this.timestamp.start = value;
    return (this.timestamp.end = end);
  }

  /** A short string that is not empty, without escapes and without blanks at its ends; noted in `range`, where none may be yet. */
  private word(value: number, range: ByteRange): number {
    const { bytes } = this;
    const end = range.start === 0 ? this.string(value) : NOT_PLAIN;
    const isWord =
      end !== NOT_PLAIN &&
      !this.hasEscape &&
      end - value > 2 &&
      end - value - 2 <= MAX_ID_BYTES &&
      bytes[value + 1] !== 0x20 &&
      bytes[end - 2] !== 0x20;
    if (!isWord) return NOT_PLAIN;
    range.start = value;
    return (range.end = end);
  }

  /** A field for the context, flattened under dotted names. */
  private member(key: number, keyEnd: number, value: number, depth: number, levels: number): number {
    const { nameHash } = this;
    if (this.bytes[value] === OPEN_BRACE) {
      if (this.isKnown(nameHash) || this.objects === MAX_FIELDS) return NOT_PLAIN;
      objectNames[this.objects++] = nameHash;
      parents[2 * levels] = key;
      parents[2 * levels + 1] = keyEnd;
      return this.object(value, nameHash || 1, depth + 1, levels + 1);
    }
    if (this.isRepeated(nameHash)) return NOT_PLAIN;
    const nameLength = keyEnd - key + (levels > 0 ? this.parentsLength(levels) : 0);
    const end = nameLength > MAX_CONTEXT_KEY_LENGTH ? NOT_PLAIN : this.scalar(value);
    if (end === NOT_PLAIN) return NOT_PLAIN;
    const { pieces } = this;
    for (let level = 0; level < levels; level++)
      pieces.add(level === 0 ? ',"' : '.', parents[2 * level] ?? 0, parents[2 * level + 1] ?? 0);
    const before = levels === 0 ? ',' : '.';
    const start = levels === 0 ? key - 1 : key;
    // Where nothing stands between name and value, both are one piece.
    if (value === keyEnd + 2) pieces.add(before, start, end);
    else {
      pieces.add(before, start, keyEnd + 1);
      pieces.add(':', value, end);
    }
    return end;
  }

  /** Of the names before a field's own, each with its point. */
  private parentsLength(levels: number): number {
    let length = levels;
    for (let level = 0; level < levels; level++)
      length += (parents[2 * level + 1] ?? 0) - (parents[2 * level] ?? 0);
    return length;
  }

  /** Also notes the name. */
  private isRepeated(hash: number): boolean {
    if (this.fields === MAX_FIELDS || this.isKnown(hash)) return true;
    names[this.fields++] = hash;
    return false;
  }

  /** Of a value or of an object. Names are told apart by their hashes: of two with one hash neither is plain. */
  private isKnown(hash: number): boolean {
    const { fields, objects } = this;
    for (let index = 0; index < fields; index++) if (names[index] === hash) return true;
    for (let index = 0; index < objects; index++) if (objectNames[index] === hash) return true;
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
    return this.isText(word, at, end) ? end : NOT_PLAIN;
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
    for (;;) {
      const character = CHARACTERS[code] ?? IS_NOT_PLAIN;
      if (character >= ENDS) break;
      seen |= (KEY_FOLLOWERS[before] ?? 0) >>> character;
      before = ((before << 5) | character) & 1023;
      hash = Math.imul(hash ^ code, 0x01000193);
      code = bytes[++at] ?? 0;
    }
    if (code !== QUOTE || at === start) return NOT_PLAIN;
    this.nameHash = hash;
    if ((seen & 1) !== 0 && isSecretKey(this.textOf(start, at))) return NOT_PLAIN;
    return bytes[start] === UNDERSCORE && this.isText('__proto__', start, at) ? NOT_PLAIN : at;
  }

  /** Index behind the string whose opening quote is at `start`. */
  private string(start: number): number {
    const { bytes } = this;
    if (bytes[start] !== QUOTE) return NOT_PLAIN;
    let at = start + 1;
    let before = 0;
    let seen = 0;
    let hasEscape = false;
    for (;;) {
      const character = CHARACTERS[bytes[at] ?? 0] ?? IS_NOT_PLAIN;
      if (character < ENDS) {
        seen |= (TEXT_FOLLOWERS[before] ?? 0) >>> character;
        before = ((before << 5) | character) & 1023;
        at++;
      } else if (character === ENDS) break;
      else if (character === ESCAPES && IS_ESCAPE[bytes[at + 1] ?? 0] === 1) {
        hasEscape = true;
        before = 0;
        at += 2;
      } else return NOT_PLAIN;
    }
    this.hasEscape = hasEscape;
    return (seen & 1) !== 0 && this.hasSecret(start, at + 1) ? NOT_PLAIN : at + 1;
  }

  private hasSecret(start: number, end: number): boolean {
    const text = this.hasEscape
      ? (JSON.parse(this.textOf(start, end)) as string)
      : this.textOf(start + 1, end - 1);
    return redactText(text).count > 0;
  }

  private textOf(start: number, end: number): string {
    return DECODER.decode(this.bytes.subarray(start, end));
  }

  /** Index behind a number that JSON.stringify would write in the same way. */
  private number(start: number): number {
    const end = endOfNumber(this.bytes, start);
    return end !== NO_NUMBER && isCanonicalNumber(this.bytes, start, end) ? end : NOT_PLAIN;
  }
}

const DECODER = new TextDecoder();

/** As `key` does it: FNV-1a (Fowler, Noll, Vo). */
function hashOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index++)
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  return hash;
}
