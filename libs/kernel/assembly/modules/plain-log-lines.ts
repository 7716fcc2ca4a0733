/** Module of the short way from the bytes of a request to the lines of log-batch.message.ts; see libs/contracts/src/plain-log-lines.ts. */
import { at, moveOutput, copy, put, putText } from '../byte-output';
import { canonicalMs, nanosOfTime } from '../canonical-time';
import { fingerprint } from '../fingerprint';
import { hexOfHash } from '../hash64';
import { rankOfLevel, resolveInstant } from '../plain-log-hooks';
import { NONE, forgetLineBreak, hasLineBreak, isText, skipBlanks, skipSpace, unescape } from '../json-scan';
import { LEVELS } from '../levels';
import { overwriteTimeAndIndex } from '../log-id';
import { beginMessage, endMessage, setCode } from '../message-codes';
import {
  PIECE_BYTES,
  Range,
  contextPieces,
  contextPiecesEnd,
  correlationId,
  hasEscapeInMessage,
  level,
  message,
  mostAddedBytes,
  otherPieces,
  otherPiecesEnd,
  readRecord,
  serviceName,
  setLimits,
  spanId,
  timestamp,
  traceId,
} from '../plain-log-record';

export { foldTable, keyFollowers, textFollowers } from '../secrets';

const NEWLINE: i32 = 0x0a;
const QUOTE: i32 = 0x22;
const COMMA: i32 = 0x2c;
const BACKSLASH: i32 = 0x5c;
const OPEN_BRACE: i32 = 0x7b;
const CLOSE_BRACE: i32 = 0x7d;
const FINGERPRINT_BYTES: i32 = 16;
const ID_AT: i32 = 7;

/** What is read or written sixteen bytes at a time may reach so much further. */
const SLACK_BYTES: i32 = 64;
const WINDOW_BYTES: i32 = 256 * 1024;
/** In a window that is not the last, no record begins so near its end. */
const MARGIN_BYTES: i32 = 64 * 1024;
const CONSTANT_BYTES: i32 = 4096;
const TIMESTAMP_BYTES: i32 = 64;
/** The most that a line has beyond its record, its context and what the batch has in common: names of fields, and marks. */
const NAMES_BYTES: i32 = 1024;
/** More than the longest line. */
const LINES_BYTES: i32 = 2 * WINDOW_BYTES;

/** The part of the request that is being read. */
const window: usize = memory.data(WINDOW_BYTES + SLACK_BYTES);
const lines: usize = memory.data(LINES_BYTES + SLACK_BYTES);
/** What all lines of the batch have in common: up to the timestamp, from there to the level, and behind the fingerprint. */
const constants: usize = memory.data(CONSTANT_BYTES + SLACK_BYTES);
let windowEnd: usize = 0;
let isLastWindow: bool = false;
let headEnd: usize = 0;
let afterTimestampEnd: usize = 0;
let afterFingerprintEnd: usize = 0;
let latestMs: i64 = 0;
/** The most that a line has beyond its record. */
let addedBytes: i32 = 0;

/** Of the record that is being read: the timestamp as it will stand in the line, and what it says. */
const resolved: usize = memory.data(TIMESTAMP_BYTES + SLACK_BYTES);
let timeStart: usize = 0;
let timeEnd: usize = 0;
let epochMs: i64 = 0;
let nanos: i32 = 0;
let rank: i32 = 0;
let isLevelCanonical: bool = false;

export function windowAddress(): usize {
  return window;
}

export function windowBytes(): i32 {
  return WINDOW_BYTES;
}

export function marginBytes(): i32 {
  return MARGIN_BYTES;
}

export function linesAddress(): usize {
  return lines;
}

export function constantsAddress(): usize {
  return constants;
}

export function constantBytes(): i32 {
  return CONSTANT_BYTES;
}

export function resolvedAddress(): usize {
  return resolved;
}

/** To be called when the constants of another request are in their place, one behind the other. */
export function beginRequest(
  headBytes: i32,
  afterTimestampBytes: i32,
  afterFingerprintBytes: i32,
  maxMessageBytes: i32,
  maxContextFields: i32,
  maxContextKeyBytes: i32,
  maxContextValueBytes: i32,
  maxEpochMs: f64,
): void {
  headEnd = constants + headBytes;
  afterTimestampEnd = headEnd + afterTimestampBytes;
  afterFingerprintEnd = afterTimestampEnd + afterFingerprintBytes;
  latestMs = <i64>maxEpochMs;
  setLimits(maxMessageBytes, maxContextFields, maxContextKeyBytes, maxContextValueBytes);
  addedBytes = CONSTANT_BYTES + mostAddedBytes() + NAMES_BYTES;
}

/** To be called when so many other bytes are in the window. */
export function beginWindow(bytes: i32, isLast: bool): void {
  windowEnd = window + bytes;
  isLastWindow = isLast;
  memory.fill(windowEnd, 0, SLACK_BYTES);
}

/** For the hook `resolveInstant`, with the timestamp itself at `resolvedAddress`. */
export function setInstant(timestampBytes: i32, ms: f64, nanosBeyond: i32): void {
  timeStart = resolved;
  timeEnd = resolved + timestampBytes;
  epochMs = <i64>ms;
  nanos = nanosBeyond;
}

/** Why `take` ended: what begins there must be parsed; or there is room for no more; or that is behind the last record, and no other follows. */
const NOT_PLAIN: i32 = 0;
const MORE: i32 = 1;
const BEHIND: i32 = 2;

let endedBy: i32 = 0;
let endedAt: usize = 0;

export function reason(): i32 {
  return endedBy;
}

/** Where in the window `take` ended. */
export function reached(): i32 {
  return <i32>(endedAt - window);
}

/** Of all lines that were taken. */
export function linesLength(): i32 {
  return <i32>(at - lines);
}

/**
 * Takes plain records, the first of which may begin at `start` in the window, separated by commas in a list, else by line breaks. Writes their lines, each with a
 * line break: at most `mostRecords`, and no more than `mostBytes` but for a first that is longer. Returns how many.
 */
export function take(start: i32, isList: bool, firstIndex: i32, mostRecords: i32, mostBytes: i32): i32 {
  const separator: i32 = isList ? COMMA : NEWLINE;
  const latestStart = isLastWindow ? windowEnd : windowEnd - MARGIN_BYTES;
  let taken = 0;
  moveOutput(lines);
  endedAt = window + start;
  endedBy = MORE;
  while (taken < mostRecords && endedAt <= latestStart) {
    const lineStart = at;
    forgetLineBreak();
    const end = readRecord(endedAt);
    if (end === NONE || (!isList && hasLineBreak) || !readLevel() || !readTime())
      return endBy(NOT_PLAIN, taken);
    const behind = isList ? skipSpace(end) : skipBlanks(end);
    const isSeparated = load<u8>(behind) === separator && behind < windowEnd;
    if (!isList && !isSeparated && (behind < windowEnd || !isLastWindow)) return endBy(NOT_PLAIN, taken);
    if (at + (end - endedAt) + addedBytes > lines + LINES_BYTES) break;
    writeLine(firstIndex + taken);
    put(NEWLINE);
    if (taken > 0 && <i32>(at - lines) > mostBytes) {
      moveOutput(lineStart);
      break;
    }
    taken++;
    endedAt = isSeparated ? skipSpace(behind + 1) : behind;
    if (!isSeparated || (!isList && isLastWindow && endedAt >= windowEnd)) return endBy(BEHIND, taken);
  }
  return taken;
}

function endBy(by: i32, taken: i32): i32 {
  endedBy = by;
  return taken;
}

function readLevel(): bool {
  const start = level.start + 1;
  const end = level.end - 1;
  for (rank = 0; rank < LEVELS.length; rank++)
    if (isText(unchecked(LEVELS[rank]), start, end)) return (isLevelCanonical = true);
  isLevelCanonical = false;
  rank = rankOfLevel(start, end);
  return rank >= 0;
}

function readTime(): bool {
  const start = timestamp.start;
  if (start === NONE) return resolveInstant(0, 0);
  const ms = load<u8>(start) === QUOTE ? canonicalMs(start + 1, timestamp.end - 1) : -1;
  if (ms < 0) return resolveInstant(start, timestamp.end);
  timeStart = start + 1;
  timeEnd = timestamp.end - 1;
  epochMs = ms;
  nanos = nanosOfTime;
  return ms <= latestMs;
}

function writeLine(index: i32): void {
  const idAt = at + ID_AT;
  copy(constants, headEnd);
  overwriteTimeAndIndex(idAt, epochMs, nanos, index);
  copy(timeStart, timeEnd);
  copy(headEnd, afterTimestampEnd);
  putText(unchecked(LEVELS[rank]));
  putText('","service_name":');
  copy(serviceName.start, serviceName.end);
  putText(',"message":');
  copy(message.start, message.end);
  putText(',"context":');
  writeContext();
  putText('},"fingerprint":"');
  writeFingerprint();
  copy(afterTimestampEnd, afterFingerprintEnd);
  if (!isLevelCanonical) writeField(',"original_level":', level);
  if (traceId.start !== NONE) writeField(',"trace_id":', traceId);
  if (spanId.start !== NONE) writeField(',"span_id":', spanId);
  if (correlationId.start !== NONE) writeField(',"correlation_id":', correlationId);
  put(CLOSE_BRACE);
}

function writeField(name: string, range: Range): void {
  putText(name);
  copy(range.start, range.end);
}

/** The first field has a brace in place of a comma. */
function writeContext(): void {
  const start = at;
  writePieces(contextPieces, contextPiecesEnd);
  writePieces(otherPieces, otherPiecesEnd);
  if (at === start) put(OPEN_BRACE);
  else store<u8>(start, OPEN_BRACE);
}

function writePieces(pieces: usize, end: usize): void {
  for (let piece = pieces; piece < end; piece += PIECE_BYTES) {
    put(load<u32>(piece));
    const second = load<u32>(piece, 4);
    if (second !== 0) put(second);
    copy(load<u32>(piece, 8), load<u32>(piece, 12));
  }
}

function writeFingerprint(): void {
  const start = message.start + 1;
  const end = message.end - 1;
  if (hasEscapeInMessage) beginUnescaped(start, end);
  else beginOrdinary(start, end);
  fingerprint();
  copy(hexOfHash(), hexOfHash() + FINGERPRINT_BYTES);
}

/** A character of each byte: sixteen at a time, the last of them perhaps too many, which are put right. */
function beginOrdinary(start: usize, end: usize): void {
  const length = <i32>(end - start);
  let target = beginMessage(length);
  for (let from = start; from < end; from += 16, target += 32) {
    const bytes = v128.load(from);
    v128.store(target, i16x8.extend_low_i8x16_u(bytes));
    v128.store(target, i16x8.extend_high_i8x16_u(bytes), 16);
  }
  endMessage();
}

function beginUnescaped(start: usize, end: usize): void {
  beginMessage(lengthUnescaped(start, end));
  for (let from = start, index = 0; from < end; from++, index++) {
    const byte = <i32>load<u8>(from);
    setCode(index, byte === BACKSLASH ? unescape(load<u8>(++from)) : byte);
  }
  endMessage();
}

function lengthUnescaped(start: usize, end: usize): i32 {
  let length = 0;
  for (let from = start; from < end; from++, length++) if (load<u8>(from) === BACKSLASH) from++;
  return length;
}
