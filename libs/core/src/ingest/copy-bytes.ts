/** Shorter ones are copied here: asking the engine to takes longer than copying them. */
const LONG_BYTES = 128;

/** Copies from `start` to before `end`, and returns the index behind the copy. */
export function copyBytes(
  target: DataView,
  targetAt: number,
  from: DataView,
  start: number,
  end: number,
): number {
  const length = end - start;
  const targetEnd = targetAt + length;
  if (length > LONG_BYTES) {
    new Uint8Array(target.buffer, target.byteOffset + targetAt, length).set(
      new Uint8Array(from.buffer, from.byteOffset + start, length),
    );
    return targetEnd;
  }
  let at = start;
  let to = targetAt;
  for (; at + 8 <= end; at += 8, to += 8) {
    target.setInt32(to, from.getInt32(at, true), true);
    target.setInt32(to + 4, from.getInt32(at + 4, true), true);
  }
  for (; at < end; at++, to++) target.setUint8(to, from.getUint8(at));
  return targetEnd;
}

/** Writes a text of ASCII, and returns the index behind it. */
export function writeAscii(target: DataView, targetAt: number, text: string): number {
  for (let index = 0; index < text.length; index++) target.setUint8(targetAt + index, text.charCodeAt(index));
  return targetAt + text.length;
}

/** Writes 8 hexadecimal digits, and returns the index behind them. */
export function writeHex32(target: DataView, targetAt: number, value: number): number {
  target.setUint16(targetAt, HEX_PAIRS[value >>> 24] ?? 0);
  target.setUint16(targetAt + 2, HEX_PAIRS[(value >>> 16) & 255] ?? 0);
  target.setUint16(targetAt + 4, HEX_PAIRS[(value >>> 8) & 255] ?? 0);
  target.setUint16(targetAt + 6, HEX_PAIRS[value & 255] ?? 0);
  return targetAt + 8;
}

/** By byte: the codes of its two digits. */
const HEX_PAIRS = Uint16Array.from({ length: 256 }, (_, byte) => {
  const digits = byte.toString(16).padStart(2, '0');
  return (digits.charCodeAt(0) << 8) | digits.charCodeAt(1);
});
