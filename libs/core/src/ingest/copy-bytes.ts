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
