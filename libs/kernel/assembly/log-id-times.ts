/** When a record was, and was received, by its id (libs/core/src/logs/log-id.ts). */

export const LOG_ID_BYTES: i32 = 36;
const TIME_DIGITS: i32 = 13;
const RECEIVED_DIGITS: i32 = 9;
const DAY_MS: i64 = 86_400_000;
const DAY_NS: i64 = 86_400_000_000_000;
const SECOND_NS: i64 = 1_000_000_000;
/** Ids begin with 63 bits, of which the first digit has three. */
const MOST_OF_FIRST: i32 = 7;
const NO_DIGIT: i32 = 255;

const DIGITS: usize = memory.data(256);
memory.fill(DIGITS, <u8>NO_DIGIT, 256);
for (let digit = 0; digit < 10; digit++) store<u8>(DIGITS + 48 + digit, <u8>digit);
for (let digit = 10; digit < 32; digit++) store<u8>(DIGITS + 87 + digit, <u8>digit);

/** Days since 1970, and the second of the record's own day. */
export let timestampDay: i32 = 0;
export let secondOfDay: i32 = 0;
export let receivedDay: i32 = 0;

/** False for what is no log id. */
export function readTimes(id: usize): bool {
  for (let index = 0; index < LOG_ID_BYTES; index++)
    if (load<u8>(DIGITS + load<u8>(id + index)) === NO_DIGIT) return false;
  if (<i32>load<u8>(DIGITS + load<u8>(id)) > MOST_OF_FIRST) return false;
  const ns = numberAt(id, TIME_DIGITS);
  timestampDay = <i32>(ns / DAY_NS);
  secondOfDay = <i32>((ns % DAY_NS) / SECOND_NS);
  receivedDay = <i32>(numberAt(id + TIME_DIGITS, RECEIVED_DIGITS) / DAY_MS);
  return true;
}

function numberAt(start: usize, digits: i32): i64 {
  let value: i64 = 0;
  for (let index = 0; index < digits; index++)
    value = (value << 5) | load<u8>(DIGITS + load<u8>(start + index));
  return value;
}
