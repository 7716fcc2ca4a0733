/** Cuts a text into pieces of at most `maxBytes` bytes of UTF-8, never within a character. At least one piece. `maxBytes` is 4 or more. */
export function cutToBytes(text: string, maxBytes: number): string[] {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return [text];
  const pieces: string[] = [];
  let start = 0;
  while (start < bytes.length) {
    const end = characterStart(bytes, Math.min(start + maxBytes, bytes.length), start);
    pieces.push(bytes.toString('utf8', start, end));
    start = end;
  }
  return pieces;
}

/** The last index at or before `index` where a character begins; `index` itself where the bytes are no UTF-8. */
export function characterStart(bytes: Uint8Array, index: number, from: number): number {
  for (let back = index; back > from && back > index - 4; back--) {
    if (back === bytes.length || ((bytes[back] ?? 0) & 0xc0) !== 0x80) return back;
  }
  return index;
}
