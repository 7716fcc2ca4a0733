/** Where the parts of a log id are that differ within a batch; see libs/core/src/logs/log-id.ts. */
const TIME_DIGITS: i32 = 13;
const INDEX_AT: i32 = 22;
const INDEX_DIGITS: i32 = 4;
const NANOS_PER_MS: i64 = 1_000_000;

/** Writes over these parts of an id of that batch, which must be there. */
export function overwriteTimeAndIndex(target: usize, epochMs: i64, nanos: i32, index: i32): void {
  writeDigits(target, epochMs * NANOS_PER_MS + nanos, TIME_DIGITS);
  writeDigits(target + INDEX_AT, index, INDEX_DIGITS);
}

/** Base32hex in lower case (RFC 4648 section 7). */
function writeDigits(target: usize, value: u64, digits: i32): void {
  let rest = value;
  for (let at = digits - 1; at >= 0; at--) {
    const digit = <i32>(rest & 31);
    store<u8>(target + at, <u8>(digit < 10 ? 48 + digit : 87 + digit));
    rest >>= 5;
  }
}
