/** Line breaks in memory, by address: sixteen bytes are looked at together. */

const NEWLINE: u8 = 0x0a;

/** Address of the next line break, of which there must be one. */
export function endOfLine(start: usize): usize {
  let at = start;
  while (true) {
    const mask = lineBreaksAt(at);
    if (mask !== 0) return at + ctz(mask);
    at += 16;
  }
}

/** How many lines there are between two addresses, the last of which may lack its line break. Sixteen bytes behind the end may be read. */
export function countLines(start: usize, end: usize): i32 {
  if (start === end) return 0;
  let count = 0;
  let at = start;
  for (; at + 16 <= end; at += 16) count += popcnt(lineBreaksAt(at));
  count += popcnt(lineBreaksAt(at) & ((1 << (end - at)) - 1));
  return load<u8>(end - 1) === NEWLINE ? count : count + 1;
}

function lineBreaksAt(at: usize): i32 {
  return i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(NEWLINE)));
}
