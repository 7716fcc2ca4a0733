/** Canonical lines (log-batch.message.ts) as documents for `_bulk`; see libs/adapters/opensearch/src/bulk-body.ts. */
import { writeAction } from '../bulk-hooks';
import { at as outputAt, copy, moveOutput, put, putNumber, putText } from '../byte-output';
import { writeContextTerms } from '../context-terms';
import { LEVELS } from '../levels';
import { at, beginLine, lineEnd, moveTo, peek, skip, skipBytes, skipText } from '../line-cursor';
import { NONE } from '../json-scan';
import { countLines, endOfLine } from '../line-breaks';
import { LOG_ID_BYTES, readTimes, receivedDay, secondOfDay, timestampDay } from '../log-id-times';
import { makeRoom } from '../make-room';
import { fingerprintOf, likenessOf } from '../likeness';
import { NO_JSON_TEXT, WRITTEN, writeMessageWords } from '../message-words';

const NEWLINE: i32 = 0x0a;
const QUOTE: i32 = 0x22;
const CLOSE: i32 = 0x7d;
/** What is read or written sixteen bytes at a time may reach so much further. */
const SLACK_BYTES: i32 = 64;
const ACTION_BYTES: i32 = 512;
const PROJECT_BYTES: i32 = 36;
/** What stands around a line's own bytes, its words and its terms: an action most of all. */
const ADDED_BYTES: i32 = ACTION_BYTES + 1024;
/** Words and terms are no longer than what they are made of, but for letters whose lower case is longer. */
const MOST_GROWTH: i32 = 3;

/** What an action begins with: for records of those days. */
const action: usize = memory.data(ACTION_BYTES + SLACK_BYTES);
let actionBytes: i32 = 0;
let actionTimestampDay: i32 = -1;
let actionReceivedDay: i32 = -1;

const project: usize = memory.data(PROJECT_BYTES + SLACK_BYTES);
let firstCountKey: u64 = 0;
let slots: u64 = 0;
let slotSeconds: u64 = 0;

const lines: usize = __heap_base + SLACK_BYTES;
/** Of each line: how it is like others, and its end. */
let likenesses: usize = 0;
let ends: usize = 0;
let output: usize = 0;

export function actionAddress(): usize {
  return action;
}

export function mostActionBytes(): i32 {
  return ACTION_BYTES;
}

export function projectAddress(): usize {
  return project;
}

/** To be called when another project's id is at its address. */
export function beginProject(firstKey: f64, slotsPerLevel: i32, secondsPerSlot: i32): void {
  firstCountKey = <u64>firstKey;
  slots = slotsPerLevel;
  slotSeconds = secondsPerSlot;
  actionTimestampDay = -1;
}

/** Makes room for so many bytes of lines; their address. What was made of others is forgotten. */
export function beginLines(bytes: i32): usize {
  makeRoom(lines + bytes + SLACK_BYTES);
  return lines;
}

/** Finds the lines in these bytes, the last of which may lack its line break; how many there are. Documents can be added then. */
export function findLines(bytes: i32): i32 {
  const linesEnd = lines + bytes;
  store<u8>(linesEnd, <u8>NEWLINE);
  const count = countLines(lines, linesEnd);
  likenesses = aligned(linesEnd + SLACK_BYTES);
  ends = likenesses + ((<usize>count) << 3);
  output = aligned(ends + ((<usize>count) << 2));
  makeRoom(output + SLACK_BYTES);
  moveOutput(output);
  let start = lines;
  for (let line = 0; line < count; line++) {
    const end = endOfLine(start);
    store<f64>(likenesses + ((<usize>line) << 3), likenessOfLine(start, end));
    store<u32>(ends + ((<usize>line) << 2), <u32>end);
    start = end + 1;
  }
  return count;
}

/** Where the likenesses of all lines stand, see likeness.ts: as doubles. */
export function likenessesAddress(): usize {
  return likenesses;
}

function aligned(address: usize): usize {
  return (address + 15) & ~15;
}

/** Why a line cannot become a document. */
const FINE: i32 = 0;
const NOT_CANONICAL: i32 = 1;
const NO_LOG_ID: i32 = 2;
const NO_LEVEL: i32 = 3;
const NO_TEXT: i32 = 4;

/** Where the documents begin. */
export function outputAddress(): usize {
  return output;
}

/** Of all documents so far, which stand one behind the other. */
export function outputLength(): i32 {
  return <i32>(outputAt - output);
}

/**
 * Adds what a line becomes, by its place among all: the line as it is, with fields added at its end (`words` and `context_terms` make it searchable,
 * `count_key` countable), behind its action. Returns FINE; or why not, and then adds nothing.
 */
export function addDocument(line: i32): i32 {
  const start = line === 0 ? lines : endOf(line - 1) + 1;
  const end = endOf(line);
  const before = outputAt;
  makeRoom(before + (end - start) * MOST_GROWTH + ADDED_BYTES);
  beginLine(start, end);
  const reason = addLine(start, end);
  if (reason !== FINE) moveOutput(before);
  return reason;
}

function endOf(line: i32): usize {
  return <usize>load<u32>(ends + ((<usize>line) << 2));
}

function addLine(start: usize, end: usize): i32 {
  if (!skip('{"id":"')) return NOT_CANONICAL;
  const id = at;
  if (!skipBytes(LOG_ID_BYTES) || !readTimes(id)) return NO_LOG_ID;
  if (!skip('","project_id":"')) return NOT_CANONICAL;
  const projectAt = at;
  if (!skipBytes(PROJECT_BYTES) || !skipTimes()) return NOT_CANONICAL;
  const rank = skipLevel();
  if (rank === -1) return NO_LEVEL;
  if (!skip('","service_name":"') || !skipText() || !skip('","message":"')) return NOT_CANONICAL;
  if (load<u8>(lineEnd - 1) !== CLOSE) return NOT_CANONICAL;
  putAction(id);
  const lineAt = outputAt;
  copy(start, end - 1);
  memory.copy(lineAt + (projectAt - start), project, PROJECT_BYTES);
  putText(',"words":"');
  const words = writeMessageWords();
  if (words !== WRITTEN) return words === NO_JSON_TEXT ? NO_TEXT : NOT_CANONICAL;
  putText('","context_terms":[');
  if (!skip('","context":{') || !writeContextTerms() || !skip(',"fingerprint":"')) return NOT_CANONICAL;
  putText('],"count_key":');
  putNumber(firstCountKey + rank * slots + secondOfDay / slotSeconds);
  put(CLOSE);
  put(NEWLINE);
  return FINE;
}

/** Of what is no canonical line, any. */
function likenessOfLine(start: usize, end: usize): f64 {
  const fingerprint = fingerprintOf(start, end);
  beginLine(start, end);
  return fingerprint !== NONE && skipToMessage() ? likenessOf(at, fingerprint) : 0;
}

function skipToMessage(): bool {
  return (
    skip('{"id":"') &&
    skipBytes(LOG_ID_BYTES) &&
    skip('","project_id":"') &&
    skipBytes(PROJECT_BYTES) &&
    skipTimes() &&
    skipText() &&
    skip('","service_name":"') &&
    skipText() &&
    skip('","message":"')
  );
}

function skipTimes(): bool {
  return (
    skip('","timestamp":"') && skipText() && skip('","received_at":"') && skipText() && skip('","level":"')
  );
}

/** Its rank; -1 where there is none. */
function skipLevel(): i32 {
  const start = at;
  for (let rank = 0; rank < LEVELS.length; rank++) {
    if (skip(unchecked(LEVELS[rank])) && peek() === QUOTE) return rank;
    moveTo(start);
  }
  return -1;
}

function putAction(id: usize): void {
  if (timestampDay !== actionTimestampDay || receivedDay !== actionReceivedDay) {
    actionBytes = writeAction(timestampDay, receivedDay);
    actionTimestampDay = timestampDay;
    actionReceivedDay = receivedDay;
  }
  copy(action, action + actionBytes);
  copy(id, id + LOG_ID_BYTES);
  putText('"}}\n');
}
