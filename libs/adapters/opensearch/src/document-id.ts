import { DIGITS } from '../../../core/src/logs/log-id';
import type { RecordDays } from './index-names';

/** Lengths in characters, which are bytes. */
const LOG_ID_LENGTH = 36;
const UUID_LENGTH = 36;

/** Places and lengths of the parts of a log id; see core/src/logs/log-id.ts. */
const TIMESTAMP_HIGH = { at: 0, length: 7 };
const TIMESTAMP_LOW = { at: 7, length: 6 };
const RECEIVED_HIGH = { at: 13, length: 5 };
const RECEIVED_LOW = { at: 18, length: 4 };

const DAY_MS = 86_400_000;
/** A day has 2^16 times this many nanoseconds, which keeps the division below 2^53. */
const DAY_NS_BY_2_16 = 1_318_359_375;

const SECOND_NS = 1_000_000_000;

const NO_DIGIT = 255;
const DIGIT_OF_BYTE = digitTable(DIGITS);

/** When a record was, and was received. */
export interface RecordTimes extends RecordDays {
  /** Of the record's own day. */
  readonly secondOfDay: number;
}

/** Times of the record whose id begins at that byte; undefined for what is no log id. */
export function timesOfLogId(bytes: Uint8Array, at: number): RecordTimes | undefined {
  for (let index = at; index < at + LOG_ID_LENGTH; index++)
    if (DIGIT_OF_BYTE[bytes[index] ?? 0] === NO_DIGIT) return undefined;
  const high = numberAt(bytes, at, TIMESTAMP_HIGH);
  const low = numberAt(bytes, at, TIMESTAMP_LOW);
  if (high >= 2 ** 33) return undefined;
  const receivedMs = numberAt(bytes, at, RECEIVED_HIGH) * 2 ** 20 + numberAt(bytes, at, RECEIVED_LOW);
  const by2To16Ns = high * 2 ** 14 + Math.floor(low / 2 ** 16);
  const timestampDay = Math.floor(by2To16Ns / DAY_NS_BY_2_16);
  const nsOfDay = (by2To16Ns - timestampDay * DAY_NS_BY_2_16) * 2 ** 16 + (low % 2 ** 16);
  return {
    timestampDay,
    secondOfDay: Math.floor(nsOfDay / SECOND_NS),
    receivedDay: Math.floor(receivedMs / DAY_MS),
  };
}

/**
 * What is put before a log id to make a document's `_id`. Two projects may send the same record at the same time; an
 * index keeps the records of all. Base64url, whose letters OpenSearch packs into three quarters of the bytes.
 */
export function documentIdPrefix(projectId: string): string {
  if (projectId.length !== UUID_LENGTH) throw new RangeError('a project id is a UUID');
  return Buffer.from(projectId.replaceAll('-', ''), 'hex').toString('base64url');
}

function numberAt(
  bytes: Uint8Array,
  start: number,
  part: { readonly at: number; readonly length: number },
): number {
  let value = 0;
  for (let index = start + part.at; index < start + part.at + part.length; index++)
    value = value * 32 + (DIGIT_OF_BYTE[bytes[index] ?? 0] ?? 0);
  return value;
}

function digitTable(digits: string): Uint8Array {
  const table = new Uint8Array(256).fill(NO_DIGIT);
  for (let digit = 0; digit < digits.length; digit++) table[digits.charCodeAt(digit)] = digit;
  return table;
}
