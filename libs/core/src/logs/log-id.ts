import { type LogId, asId } from '../common/ids';
import { MAX_EPOCH_MS } from './parse-timestamp';

/**
 * The id of a log record: 36 characters of base32hex in lower case (RFC 4648 section 7, whose order is the order of
 * the values), so that ordering ids as bytes is ordering records by time.
 *
 *   13 timestamp (nanoseconds since 1970) | 9 received at (milliseconds) | 4 index in the batch | 10 hash of the batch
 */
export interface LogIdParts {
  /** 0 to 2^63 - 1. */
  readonly timestampNs: bigint;
  /** 0 to 2^45 - 1. */
  readonly receivedAtMs: number;
  /** 0 to 2^20 - 1. */
  readonly index: number;
  /** 10 characters of base32hex in lower case; hexadecimal digits are a subset. */
  readonly hash: string;
}

/** Of base32hex, by value. */
export const DIGITS = '0123456789abcdefghijklmnopqrstuv';
const LOG_ID = /^[0-7][0-9a-v]{35}$/;
const HASH = /^[0-9a-v]{10}$/;
const MAX_TIMESTAMP_NS = (1n << 63n) - 1n;
const MAX_RECEIVED_AT_MS = 2 ** 45 - 1;
const MAX_INDEX = 2 ** 20 - 1;
const DIGIT_0 = 0x30;
const LETTER_A = 0x61;
const TWO_20 = 2 ** 20;
const TWO_30 = 2 ** 30;

/** Two digits per lookup: a batch of 10,000 records encodes 130,000 of them. */
const PAIRS: readonly string[] = Array.from(
  { length: 1024 },
  (_, value) => DIGITS.charAt(value >> 5) + DIGITS.charAt(value & 31),
);

function encodePairs(value: number, pairs: number): string {
  let text = '';
  let rest = value;
  for (let pair = 0; pair < pairs; pair++) {
    text = (PAIRS[rest & 1023] ?? '') + text;
    rest >>>= 10;
  }
  return text;
}

/** Errors: RangeError for parts out of bounds; ids are made from normalised values only. */
export function encodeLogId(parts: LogIdParts): LogId {
  const { timestampNs, receivedAtMs, index, hash } = parts;
  if (timestampNs < 0n || timestampNs > MAX_TIMESTAMP_NS) throw new RangeError('timestamp out of bounds');
  return encodeLogIdAt(
    Number(timestampNs / 1_000_000n),
    Number(timestampNs % 1_000_000n),
    receivedAtMs,
    index,
    hash,
  );
}

/** The same from milliseconds and the nanoseconds beyond them, without big integers: once for every record that comes in. */
export function encodeLogIdAt(
  epochMs: number,
  nanos: number,
  receivedAtMs: number,
  index: number,
  hash: string,
): LogId {
  if (!(epochMs >= 0 && epochMs <= MAX_EPOCH_MS)) throw new RangeError('timestamp out of bounds');
  if (!(receivedAtMs >= 0 && receivedAtMs <= MAX_RECEIVED_AT_MS))
    throw new RangeError('receivedAtMs out of bounds');
  if (!(index >= 0 && index <= MAX_INDEX)) throw new RangeError('index out of bounds');
  if (!HASH.test(hash)) throw new RangeError('hash is not 10 base32hex characters');

  const carried = carriedOf(epochMs, nanos);
  const high = highOf(epochMs, carried);
  const receivedHigh = Math.floor(receivedAtMs / TWO_20); // 25 bits: one digit, then two pairs
  return asId<LogId>(
    DIGITS.charAt(Math.floor(high / TWO_30)) +
      encodePairs(high % TWO_30, 3) +
      encodePairs(carried % TWO_30, 3) +
      DIGITS.charAt(receivedHigh >> 20) +
      encodePairs(receivedHigh & 0xfffff, 2) +
      encodePairs(receivedAtMs % TWO_20, 2) +
      encodePairs(index, 2) +
      hash,
  );
}

/** A timestamp is upper * 2^20 + lower, each below 2^53; then it is cut at bit 30, and this ends with what is below that. */
function carriedOf(epochMs: number, nanos: number): number {
  const upper = Math.floor(epochMs / TWO_20) * 1_000_000;
  const lower = (epochMs % TWO_20) * 1_000_000 + nanos;
  return (upper % 1024) * TWO_20 + lower;
}

/** What is above bit 30: 33 bits, which are one digit, then three pairs. */
function highOf(epochMs: number, carried: number): number {
  const upper = Math.floor(epochMs / TWO_20) * 1_000_000;
  return Math.floor(upper / 1024) + Math.floor(carried / TWO_30);
}

export function isLogId(value: string): value is LogId {
  return LOG_ID.test(value);
}

/** What an id says of its record. */
export interface LogIdInstants {
  /** When it was written: milliseconds since 1970. */
  readonly epochMs: number;
  /** Nanoseconds beyond `epochMs`: 0 to 999,999. */
  readonly nanos: number;
  /** When it came: milliseconds since 1970. */
  readonly receivedAtMs: number;
}

/** Undefined for what is no log id. Without big integers: once for every record that is shown. */
export function instantsOfLogId(id: string): LogIdInstants | undefined {
  if (!isLogId(id)) return undefined;
  const high = decode(id, 0, 7);
  // 2^30 nanoseconds are 1073 milliseconds and 741,824 nanoseconds: both products stay below 2^53.
  const beyond = high * 741_824 + decode(id, 7, 13);
  return {
    epochMs: high * 1073 + Math.floor(beyond / 1_000_000),
    nanos: beyond % 1_000_000,
    receivedAtMs: decode(id, 13, 22),
  };
}

function decode(id: string, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) {
    const code = id.charCodeAt(at);
    value = value * 32 + (code < LETTER_A ? code - DIGIT_0 : code - LETTER_A + 10);
  }
  return value;
}
