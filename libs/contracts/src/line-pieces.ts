import type { ByteRange } from '../../core/src/ingest/byte-range';
import { copyBytes } from '../../core/src/ingest/copy-bytes';

/** The bytes of a text. */
export function viewOf(text: string): DataView {
  const bytes = Buffer.from(text);
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function lengthOf({ start, end }: ByteRange): number {
  return end - start;
}

/** Like all here: the index behind what it wrote. */
export function copyAll(target: DataView, at: number, from: DataView): number {
  return copyBytes(target, at, from, 0, from.byteLength);
}

/** What stands before a field's value, and the value. */
export function copyField(
  target: DataView,
  at: number,
  name: DataView,
  from: DataView,
  { start, end }: ByteRange,
): number {
  return copyBytes(target, copyAll(target, at, name), from, start, end);
}
