/** From `start` to before `end`, of bytes that its user knows. */
export interface ByteRange {
  start: number;
  end: number;
}
