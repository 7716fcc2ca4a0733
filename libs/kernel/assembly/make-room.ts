const PAGE_BYTES: i32 = 0x10000;

/** Memory reaches up to `end`, if not further. It never shrinks. */
export function makeRoom(end: usize): void {
  const missing = <i32>end - memory.size() * PAGE_BYTES;
  if (missing > 0 && memory.grow((missing + PAGE_BYTES - 1) / PAGE_BYTES) < 0) unreachable();
}
