/** Whether `length` bytes of both are the same; false where one of them ends before. */
export function sameBytes(a: DataView, aStart: number, b: DataView, bStart: number, length: number): boolean {
  if (aStart + length > a.byteLength || bStart + length > b.byteLength) return false;
  const aEnd = aStart + length;
  let at = aStart;
  let bAt = bStart;
  for (; at + 4 <= aEnd; at += 4, bAt += 4) if (a.getInt32(at) !== b.getInt32(bAt)) return false;
  for (; at < aEnd; at++, bAt++) if (a.getUint8(at) !== b.getUint8(bAt)) return false;
  return true;
}
