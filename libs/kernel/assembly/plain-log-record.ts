import {
  NONE,
  closeOfString,
  endOfCanonicalNumber,
  endOfOrdinary,
  hasEscape,
  isText,
  skipSpace,
} from './json-scan';
import { isSecretKey, isSecretText } from './secrets';

/**
 * Reads log records that need no change: of ASCII, with nothing to redact, cut or note. Of these it says where in memory their fields are, which are
 * canonical JSON already. What it calls plain becomes exactly what toLogRecord (libs/core) makes of it; the rest (escapes as \u, secrets, lists,
 * repeated names, numbers as 1e3 …) is left to that.
 */

const QUOTE: i32 = 0x22;
const COLON: i32 = 0x3a;
const COMMA: i32 = 0x2c;
const OPEN_BRACE: i32 = 0x7b;
const CLOSE_BRACE: i32 = 0x7d;
const BLANK: i32 = 0x20;
const POINT: i32 = 0x2e;
const ZERO: i32 = 0x30;
const NINE: i32 = 0x39;
const MAX_DEPTH: i32 = 6;
const MAX_FIELDS: i32 = 64;
const MAX_ID_BYTES: i32 = 128;

/** From `start` to before `end`; `start` is NONE where there is nothing. */
@unmanaged
export class Range {
  start: usize;
  end: usize;
}

/** These in their quotes. */
export const message: Range = changetype<Range>(memory.data(8));
export const level: Range = changetype<Range>(memory.data(8));
export const serviceName: Range = changetype<Range>(memory.data(8));
export const traceId: Range = changetype<Range>(memory.data(8));
export const spanId: Range = changetype<Range>(memory.data(8));
export const correlationId: Range = changetype<Range>(memory.data(8));
/** A text in its quotes, or a number. */
export const timestamp: Range = changetype<Range>(memory.data(8));
export let hasEscapeInMessage: bool = false;

/** Bytes of the flat context: two marks (the second may be 0), start, end; each 32 bits. Those of the field `context` come before all others. */
export const PIECE_BYTES: i32 = 16;
const MAX_PIECES: i32 = MAX_FIELDS * (MAX_DEPTH + 3);
export const contextPieces: usize = memory.data(MAX_PIECES * PIECE_BYTES);
export const otherPieces: usize = memory.data(MAX_PIECES * PIECE_BYTES);
/** Behind their last pieces. */
export let contextPiecesEnd: usize = 0;
export let otherPiecesEnd: usize = 0;

/** The most bytes that a flat context takes beyond what the record takes: names of objects stand before each of their fields. */
export function mostAddedBytes(): i32 {
  return MAX_FIELDS * (maxContextKeyBytes + MAX_DEPTH);
}

/** Hashes of names: of fields and of objects. */
const names: usize = memory.data(4 * MAX_FIELDS);
const objectNames: usize = memory.data(4 * MAX_FIELDS);
/** Where the names begin and end under which the object that is being read stands. */
const parents: usize = memory.data(8 * (MAX_DEPTH + 1));

let maxMessageBytes: i32 = 0;
let maxContextFields: i32 = 0;
let maxContextKeyBytes: i32 = 0;
let maxContextValueBytes: i32 = 0;
let isInContext: bool = false;
let hasContext: bool = false;
let fields: i32 = 0;
let objects: i32 = 0;

export function setLimits(
  messageBytes: i32,
  contextFields: i32,
  contextKeyBytes: i32,
  contextValueBytes: i32,
): void {
  maxMessageBytes = messageBytes;
  maxContextFields = contextFields;
  maxContextKeyBytes = contextKeyBytes;
  maxContextValueBytes = contextValueBytes;
}

/** Address behind the plain record that begins at `start`, or NONE; then all above says what it holds, until anything else is read. */
export function readRecord(start: usize): usize {
  message.start = level.start = serviceName.start = timestamp.start = NONE;
  traceId.start = spanId.start = correlationId.start = NONE;
  contextPiecesEnd = contextPieces;
  otherPiecesEnd = otherPieces;
  isInContext = hasContext = false;
  fields = objects = 0;
  const end = readObject(start, 0, 0, 0);
  if (end === NONE || message.start === NONE || level.start === NONE || serviceName.start === NONE)
    return NONE;
  return fields > maxContextFields ? NONE : end;
}

/** Depth 0 is the record itself; `levels` names are before those of its fields. Like all below: the address behind it, or NONE. */
function readObject(start: usize, prefixHash: u32, depth: i32, levels: i32): usize {
  if (load<u8>(start) !== OPEN_BRACE || depth > MAX_DEPTH) return NONE;
  let at = skipSpace(start + 1);
  while (true) {
    if (load<u8>(at) !== QUOTE) return NONE;
    const key = at + 1;
    const keyEnd = endOfOrdinary(key);
    if (load<u8>(keyEnd) !== QUOTE || keyEnd === key) return NONE;
    const colon = skipSpace(keyEnd + 1);
    if (load<u8>(colon) !== COLON) return NONE;
    const value = skipSpace(colon + 1);
    const next =
      depth === 0 ? readField(key, keyEnd, value) : readMember(key, keyEnd, value, prefixHash, depth, levels);
    if (next === NONE) return NONE;
    at = skipSpace(next);
    const mark = load<u8>(at);
    if (mark === CLOSE_BRACE) return at + 1;
    if (mark !== COMMA) return NONE;
    at = skipSpace(at + 1);
  }
}

/** A field of the record: one that is known by its name, or one for the context. */
function readField(key: usize, keyEnd: usize, value: usize): usize {
  switch (<i32>(keyEnd - key)) {
    case 2:
      if (isText('id', key, keyEnd)) return NONE;
      break;
    case 5:
      if (isText('level', key, keyEnd)) return readWord(value, level);
      break;
    case 7:
      if (isText('message', key, keyEnd)) return readMessage(value);
      if (isText('service', key, keyEnd)) return readWord(value, serviceName);
      if (isText('span_id', key, keyEnd)) return readWord(value, spanId);
      if (isText('context', key, keyEnd)) return readContext(value);
      break;
    case 8:
      if (isText('trace_id', key, keyEnd)) return readWord(value, traceId);
      break;
    case 9:
      if (isText('timestamp', key, keyEnd)) return readTimestamp(value);
      break;
    case 12:
      if (isText('service_name', key, keyEnd)) return readWord(value, serviceName);
      break;
    case 14:
      if (isText('correlation_id', key, keyEnd)) return readWord(value, correlationId);
      if (isText('original_level', key, keyEnd)) return NONE;
      break;
  }
  return readMember(key, keyEnd, value, 0, 0, 0);
}

/** Its fields come before all others, wherever it stands. */
function readContext(value: usize): usize {
  if (hasContext) return NONE;
  isInContext = hasContext = true;
  const end = readObject(value, 0, 1, 0);
  isInContext = false;
  return end;
}

function readMessage(value: usize): usize {
  if (message.start !== NONE) return NONE;
  const end = readString(value);
  const length = <i32>(end - value) - 2;
  if (end === NONE || length <= 0 || length > maxMessageBytes) return NONE;
  hasEscapeInMessage = hasEscape;
  message.start = value;
  return (message.end = end);
}

function readTimestamp(value: usize): usize {
  if (load<u8>(value) === QUOTE) return readWord(value, timestamp);
  const end = timestamp.start === NONE ? endOfCanonicalNumber(value) : NONE;
  timestamp.start = value;
  return (timestamp.end = end);
}

/** A short string that is not empty, without escapes and without blanks at its ends; noted in `range`, where none may be yet. */
function readWord(value: usize, range: Range): usize {
  const end = range.start === NONE ? readString(value) : NONE;
  const length = <i32>(end - value) - 2;
  if (end === NONE || hasEscape || length <= 0 || length > MAX_ID_BYTES) return NONE;
  if (load<u8>(value, 1) === BLANK || load<u8>(end - 2) === BLANK) return NONE;
  range.start = value;
  return (range.end = end);
}

/** A field for the context, flattened under dotted names. A name that begins with a digit would change its place. */
function readMember(
  key: usize,
  keyEnd: usize,
  value: usize,
  prefixHash: u32,
  depth: i32,
  levels: i32,
): usize {
  const first = <i32>load<u8>(key);
  if ((first >= ZERO && first <= NINE) || isText('__proto__', key, keyEnd)) return NONE;
  if (isSecretKey(key, keyEnd)) return NONE;
  const hash = hashOf(key, keyEnd, prefixHash);
  // As a prefix, 0 says that nothing stands before.
  if (hash === 0) return NONE;
  if (load<u8>(value) === OPEN_BRACE) {
    if (isKnown(hash) || objects === MAX_FIELDS) return NONE;
    store<u32>(objectNames + (objects++ << 2), hash);
    store<u32>(parents + (levels << 3), key);
    store<u32>(parents + (levels << 3), keyEnd, 4);
    return readObject(value, hash, depth + 1, levels + 1);
  }
  if (fields === MAX_FIELDS || isKnown(hash)) return NONE;
  store<u32>(names + (fields++ << 2), hash);
  if (<i32>(keyEnd - key) + parentsLength(levels) > maxContextKeyBytes) return NONE;
  const end = readScalar(value);
  if (end !== NONE) addPieces(key, keyEnd, value, end, levels);
  return end;
}

function addPieces(key: usize, keyEnd: usize, value: usize, end: usize, levels: i32): void {
  for (let above = 0; above < levels; above++) {
    const parent = parents + (above << 3);
    const start = load<u32>(parent);
    if (above === 0) addPiece(COMMA, QUOTE, start, load<u32>(parent, 4));
    else addPiece(POINT, 0, start, load<u32>(parent, 4));
  }
  const before = levels === 0 ? COMMA : POINT;
  const start = levels === 0 ? key - 1 : key;
  // Where nothing stands between name and value, both are one piece.
  if (value === keyEnd + 2) addPiece(before, 0, start, end);
  else {
    addPiece(before, 0, start, keyEnd + 1);
    addPiece(COLON, 0, value, end);
  }
}

function addPiece(before: i32, second: i32, start: usize, end: usize): void {
  const last = isInContext ? contextPiecesEnd : otherPiecesEnd;
  const isFirst = last === (isInContext ? contextPieces : otherPieces);
  // Where what is between two pieces is the comma, they are one.
  if (second === 0 && before === COMMA && !isFirst && load<usize>(last - 4) === start - 1) {
    store<u32>(last - 4, end);
    return;
  }
  store<u32>(last, before);
  store<u32>(last, second, 4);
  store<u32>(last, start, 8);
  store<u32>(last, end, 12);
  if (isInContext) contextPiecesEnd = last + PIECE_BYTES;
  else otherPiecesEnd = last + PIECE_BYTES;
}

/** Of the names before a field's own, each with its point. */
function parentsLength(levels: i32): i32 {
  let length = levels;
  for (let above = 0; above < levels; above++) {
    const parent = parents + (above << 3);
    length += load<i32>(parent, 4) - load<i32>(parent);
  }
  return length;
}

/** Of a value or of an object. Names are told apart by their hashes: of two with one hash neither is plain. */
function isKnown(hash: u32): bool {
  for (let index = 0; index < fields; index++) if (load<u32>(names + (index << 2)) === hash) return true;
  for (let index = 0; index < objects; index++)
    if (load<u32>(objectNames + (index << 2)) === hash) return true;
  return false;
}

/** FNV-1a (Fowler, Noll, Vo) of a whole dotted name; `prefixHash` is that of what stands before its last point, 0 where nothing does. */
function hashOf(start: usize, end: usize, prefixHash: u32): u32 {
  let hash: u32 = prefixHash === 0 ? 0x811c9dc5 : (prefixHash ^ POINT) * 0x01000193;
  for (let at = start; at < end; at++) hash = (hash ^ load<u8>(at)) * 0x01000193;
  return hash;
}

function readScalar(value: usize): usize {
  switch (<i32>load<u8>(value)) {
    case QUOTE: {
      const end = readString(value);
      return <i32>(end - value) - 2 > maxContextValueBytes ? NONE : end;
    }
    case 0x74:
      return isText('true', value, value + 4) ? value + 4 : NONE;
    case 0x66:
      return isText('false', value, value + 5) ? value + 5 : NONE;
    case 0x6e:
      return isText('null', value, value + 4) ? value + 4 : NONE;
    default:
      return endOfCanonicalNumber(value);
  }
}

/** Address behind a string without secrets. */
function readString(value: usize): usize {
  const close = closeOfString(value);
  return close === NONE || isSecretText(value + 1, close) ? NONE : close + 1;
}
