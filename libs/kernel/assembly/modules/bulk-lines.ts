/** Canonical lines (log-batch.message.ts) as documents for `_bulk`; see libs/adapters/opensearch/src/bulk-body.ts. */
import { writeAction } from '../bulk-hooks';
import { at as outputAt, copy, moveOutput, put, putNumber, putText } from '../byte-output';
import { writeContextTerms } from '../context-terms';
import { LEVELS } from '../levels';
import { at, beginLine, lineEnd, moveTo, peek, skip, skipBytes, skipText } from '../line-cursor';
import { LOG_ID_BYTES, readTimes, receivedDay, secondOfDay, timestampDay } from '../log-id-times';
import { makeRoom } from '../make-room';
import { likenessOf } from '../likeness';
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
let output: usize = 0;
let likeness: f64 = 0;

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

/** Makes room for so many bytes of lines at a time; their address. What was made of others is forgotten. */
export function beginDocuments(mostLineBytes: i32): usize {
  output = (lines + mostLineBytes + SLACK_BYTES + 15) & ~15;
  moveOutput(output);
  makeRoom(output + SLACK_BYTES);
  return lines;
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

/** Makes room for copies of so many bytes of documents, behind the address where these end; the address of the copies. No more documents can be added then. */
export function beginCopies(documentsEnd: usize, bytes: i32): usize {
  const copies = documentsEnd + SLACK_BYTES;
  makeRoom(copies + bytes + SLACK_BYTES);
  moveOutput(copies);
  return copies;
}

/** Copies the bytes between two addresses behind what was copied before. */
export function addCopy(start: usize, end: usize): void {
  copy(start, end);
}

/** Of the document that was added last. */
export function lastLikeness(): f64 {
  return likeness;
}

/**
 * Adds what the line between two addresses becomes: the line as it is, with fields added at its end (`words` and `context_terms` make it searchable, `count_key`
 * countable), behind its action. Returns FINE; or why not, and then adds nothing.
 */
export function addDocument(start: usize, end: usize): i32 {
  const before = outputAt;
  makeRoom(before + (end - start) * MOST_GROWTH + ADDED_BYTES);
  beginLine(start, end);
  const reason = addLine(start, end);
  if (reason !== FINE) moveOutput(before);
  return reason;
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
  const message = at;
  putAction(id);
  const lineAt = outputAt;
  copy(start, end - 1);
  memory.copy(lineAt + (projectAt - start), project, PROJECT_BYTES);
  putText(',"words":"');
  const words = writeMessageWords();
  if (words !== WRITTEN) return words === NO_JSON_TEXT ? NO_TEXT : NOT_CANONICAL;
  putText('","context_terms":[');
  if (!skip('","context":{') || !writeContextTerms() || !skip(',"fingerprint":"')) return NOT_CANONICAL;
  likeness = likenessOf(message, at);
  putText('],"count_key":');
  putNumber(firstCountKey + rank * slots + secondOfDay / slotSeconds);
  put(CLOSE);
  put(NEWLINE);
  return FINE;
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
